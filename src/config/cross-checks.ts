import { constants } from 'node:os';
import { isAutoscale } from './autoscale-value';
import type { EngineConfig } from './engine-config';
import { KEY_TABLE, type KeyName } from './keys';
import { isWords, notForThreads } from './node-flags';
import { environmentPlace } from './settings';
import { show } from './show';
import { SIGNAL_KEYS } from './signal-keys';

/** A key's value in the user's unit, and where it comes from. */
export interface Resolved {
  readonly value: unknown;
  readonly place: string;
}

export const DEFAULT_PLACE = 'built-in default';

interface Order {
  readonly lesser: KeyName;
  readonly greater: KeyName;
  readonly mayBeEqual: boolean;
}

const ORDERS: readonly Order[] = [
  { lesser: 'restartBackoffMin', greater: 'restartBackoffMax', mayBeEqual: true },
  { lesser: 'workerHeartbeatInterval', greater: 'workerHeartbeatTimeout', mayBeEqual: false },
  { lesser: 'serverHeartbeatInterval', greater: 'serverHeartbeatTimeout', mayBeEqual: false },
];

/** Errors between keys that are each valid alone. */
export function crossCheck(resolved: ReadonlyMap<KeyName, Resolved>): string[] {
  return [
    ...outOfOrder(resolved),
    ...signalClashes(resolved),
    ...notOfThisType(resolved),
    ...startOutOfBounds(resolved),
    ...balanceOfOwnQueues(resolved),
    ...flagsOfThreads(resolved),
    ...preloadOfSpawned(resolved),
    ...watchOfEmbedded(resolved),
    ...notOnWindows(resolved, process.platform),
  ];
}

/** Embedded workers run the code that the server process has loaded. */
function watchOfEmbedded(resolved: ReadonlyMap<KeyName, Resolved>): readonly string[] {
  const [watch, type] = [resolved.get('watch'), resolved.get('workerType')];
  if (watch?.value === undefined || type?.value !== 'embedded') return [];
  if (resolved.get('supervisor')?.value === true) return [];
  return [
    `${watch.place}: watch needs workers that can be replaced, got workerType 'embedded' (${type.place}): they run the code that the server process has loaded. ` +
      "Set workerType to 'process' or 'thread', or supervisor to true: then the server process is replaced.",
  ];
}

/** The flags of node are the same for a process and all its threads. */
function flagsOfThreads(resolved: ReadonlyMap<KeyName, Resolved>): readonly string[] {
  const [type, flags] = [resolved.get('workerType'), resolved.get('workerExecArgv')];
  if (type?.value !== 'thread' || !isWords(flags?.value)) return [];
  const wrong = notForThreads(flags.value);
  if (wrong.length === 0) return [];
  return [
    `${flags.place}: workerExecArgv of workers of type 'thread' (${type.place}) takes only --import and --require, got ${wrong.join(', ')}. ` +
      'A thread shares all other flags with its process: give them to node when you start the program, or set workerType to process.',
  ];
}

/** A spawned worker loads all that it needs by itself. */
function preloadOfSpawned(resolved: ReadonlyMap<KeyName, Resolved>): readonly string[] {
  const [start, preload] = [resolved.get('workerStart'), resolved.get('preload')];
  if (preload?.value === undefined || start?.value === 'fork') return [];
  return [
    `${preload.place}: preload needs workers that are forked, got workerStart ${show(start?.value)} (${start?.place}). ` +
      "Set workerStart to 'fork'. Or leave preload out: a spawned worker shares nothing, and loads what the program imports.",
  ];
}

/** Connections in the queue of one worker can only be accepted by that worker. */
function balanceOfOwnQueues(resolved: ReadonlyMap<KeyName, Resolved>): readonly string[] {
  const [balance, scheduling] = [resolved.get('acceptBalance'), resolved.get('socketScheduling')];
  if (balance?.value !== true || scheduling?.value !== 'reusePort') return [];
  return [
    `${balance.place}: acceptBalance needs sockets that workers share, got true with socketScheduling 'reusePort' ` +
      `(${scheduling.place}). Leave one of them out: with 'reusePort' the kernel spreads connections by itself.`,
  ];
}

/** @param platform the value of `process.platform`. */
export function notOnWindows(
  resolved: ReadonlyMap<KeyName, Resolved>,
  platform: NodeJS.Platform,
): readonly string[] {
  if (platform !== 'win32') return [];
  const problems: string[] = [];
  const [killTree, controlSocket] = [resolved.get('killTree'), resolved.get('controlSocket')];
  if (typeof controlSocket?.value === 'string') {
    problems.push(
      `${controlSocket.place}: controlSocket needs unix sockets with permissions, which Windows does not have, got ${show(controlSocket.value)}. ` +
        'Leave the key out, and use the methods of the engine.',
    );
  }
  if (killTree?.value !== true) return problems;
  return [
    ...problems,
    `${killTree.place}: killTree needs process groups, which Windows does not have, got true. ` +
      'Leave the key out, and let the program end its children itself.',
  ];
}

function outOfOrder(resolved: ReadonlyMap<KeyName, Resolved>): string[] {
  return ORDERS.flatMap(({ lesser, greater, mayBeEqual }) => {
    const low = resolved.get(lesser);
    const high = resolved.get(greater);
    // A key that is invalid itself is missing here and was reported already.
    if (low === undefined || high === undefined) return [];
    const inOrder =
      Number(low.value) < Number(high.value) || (mayBeEqual && Number(low.value) === Number(high.value));
    if (inOrder) return [];
    const place = high.place === DEFAULT_PLACE ? low.place : high.place;
    const relation = mayBeEqual ? 'not be less than' : 'be greater than';
    const given = [high, low].map(({ value, place: from }) => `${show(value)} (${from})`).join(' and ');
    return [`${place}: ${greater} must ${relation} ${lesser}, got ${given}.`];
  });
}

// These signals change the number of workers without a terminal; they cannot be remapped.
const SCALE_SIGNALS: readonly unknown[] = ['SIGTTIN', 'SIGTTOU'];

/** One signal cannot mean two commands. Compared by number: some signals have two names. */
function signalClashes(resolved: ReadonlyMap<KeyName, Resolved>): string[] {
  const problems: string[] = [];
  const owners = new Map<unknown, { readonly key: KeyName; readonly place: string }>();
  for (const key of Object.keys(SIGNAL_KEYS) as (keyof typeof SIGNAL_KEYS)[]) {
    const given = resolved.get(key);
    if (given === undefined) continue;
    // Without dumps nothing listens for that signal: it is free.
    if (key === 'signalDump' && resolved.get('disableSigdump')?.value === true) continue;
    const { value, place } = given;
    if (SCALE_SIGNALS.includes(value)) {
      problems.push(`${place}: ${key} must not be ${show(value)}, which changes the number of workers.`);
      continue;
    }
    const number = constants.signals[value as NodeJS.Signals];
    const owner = owners.get(number);
    if (owner === undefined) {
      owners.set(number, { key, place });
      continue;
    }
    const [first, second] = place === DEFAULT_PLACE ? [owner, { key, place }] : [{ key, place }, owner];
    problems.push(
      `${first.place}: ${first.key} and ${second.key} (${second.place}) must not be the same signal, got ${show(value)}. ` +
        `Give each command a signal of its own.`,
    );
  }
  return problems;
}

/** Otherwise its first step would be to change the number that was configured. */
function startOutOfBounds(resolved: ReadonlyMap<KeyName, Resolved>): string[] {
  const [autoscale, workers] = [resolved.get('autoscale'), resolved.get('workers')];
  if (!isAutoscale(autoscale?.value) || workers === undefined) return [];
  const { min, max } = autoscale.value;
  const count = Number(workers.value);
  if (count >= min && count <= max) return [];
  return [
    `${workers.place}: workers must be from ${min} to ${max}, as autoscale says (${autoscale.place}), got ${show(workers.value)}. ` +
      'With autoscale it is the number of workers at the start: leave it out to begin with min.',
  ];
}

interface OfTypes {
  readonly types: readonly EngineConfig['workerType'][];
  /** What is needed, in words. */
  readonly needs: string;
  /** How to do without the key if the type stays. */
  readonly instead: string;
}

const ofProcesses = (instead: string): OfTypes => ({
  types: ['process', 'spawn'],
  needs: 'workers that are processes',
  instead: `use ${instead} for the whole tree`,
});

const ofThisProgram: OfTypes = {
  types: ['process', 'thread'],
  needs: 'workers that run this program in a process or thread of their own',
  instead: 'leave the key out',
};

const replaceable: OfTypes = {
  types: ['process', 'thread', 'spawn'],
  needs: 'workers that can be replaced',
  instead: 'leave the key out',
};

const forked: OfTypes = {
  types: ['process'],
  needs: 'workers that run this program in a process of their own',
  instead: 'leave the key out',
};

/** Keys that have an effect only for workers of some types. */
const OF_TYPES: Readonly<Partial<Record<KeyName, OfTypes>>> = {
  // Only a process has an identity: an embedded worker and a thread share the server's.
  workerChuser: ofProcesses('chuser'),
  workerChgroup: ofProcesses('chgroup'),
  workerChumask: ofProcesses('chumask'),
  autoscale: {
    types: ['process', 'thread'],
    needs: 'workers whose event loops can be measured',
    instead: 'leave the key out',
  },
  workerHeapLimit: {
    types: ['process', 'thread'],
    needs: 'workers that have a JavaScript heap of their own',
    instead: 'leave the key out',
  },
  workerStart: forked,
  preload: forked,
  workerExecArgv: ofThisProgram,
  acceptBalance: {
    types: ['process'],
    needs: 'workers that share the sockets of the engine',
    instead: 'leave the key out',
  },
  killTree: {
    types: ['spawn'],
    needs: 'workers that are programs with children of their own',
    instead: 'leave the key out',
  },
  standbyWorkers: ofThisProgram,
  workerMaxJobs: ofThisProgram,
  workerMaxMemory: replaceable,
  workerMaxAge: replaceable,
};

function notOfThisType(resolved: ReadonlyMap<KeyName, Resolved>): string[] {
  const type = resolved.get('workerType');
  if (type === undefined) return [];
  return setOfSomeTypes(resolved).flatMap(([key, given, { types, needs, instead }]) => {
    if (types.some((one) => one === type.value)) return [];
    const cure = types.map((one) => show(one)).join(' or ');
    return [
      `${given.place}: ${key} needs ${needs}, got workerType ${show(type.value)} (${type.place}). ` +
        `Set workerType to ${cure}, or ${instead}.`,
    ];
  });
}

/** The keys that are set, but do not apply to all types of workers. */
export function keysOfSomeTypes(resolved: ReadonlyMap<KeyName, Resolved>): readonly KeyName[] {
  return setOfSomeTypes(resolved).map(([key]) => key);
}

function setOfSomeTypes(resolved: ReadonlyMap<KeyName, Resolved>) {
  return (Object.entries(OF_TYPES) as [KeyName, OfTypes][]).flatMap(([key, ofTypes]) => {
    const given = resolved.get(key);
    // A variable is for all groups, and cannot name one.
    if (key === 'workerStart' && given?.place === environmentPlace(key)) return [];
    // 0 standby workers means none.
    if (given?.value === undefined || given.value === KEY_TABLE[key].default) return [];
    return [[key, given, ofTypes] as const];
  });
}
