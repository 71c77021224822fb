import { IDENTITY_KEYS, WORKER_IDENTITY_KEYS } from './identity-keys';
import {
  boolean,
  duration,
  exitCodes,
  integer,
  oneOf,
  optionalDuration,
  processCount,
  ratio,
  signalName,
  text,
  textOrFalse,
  type KeyBody,
  type KeyKind,
} from './key-kinds';
import { LOG_KEYS } from './log-keys';
import { WORKER_RESOURCE_KEYS } from './resource-keys';
import { RENEWAL_KEYS } from './renewal-keys';
import { SIGNAL_KEYS } from './signal-keys';
import { STATUS_KEYS } from './status-keys';
import { SUPERVISION_KEYS } from './supervision-keys';

/** Which decorator takes the key. */
export type KeyOwner = 'worker' | 'server';

/** One engine key with everything that is known of it. */
export type Key = KeyBody<KeyKind, unknown, unknown> & { readonly owner: KeyOwner };

/**
 * Every engine key, described here and nowhere else: validation, EngineConfig, the options of the decorators,
 * the environment variables, reload and docs/configuration.md all follow from this table.
 */
const KEYS = {
  ...ownedBy('worker', {
    workerType: oneOf(['embedded', 'thread', 'process', 'spawn'], {
      default: 'embedded',
      source: 'worker_type',
      doc: "How a worker runs: `embedded` in the server's own event loop, `thread` in a thread of the server, `process` in a process of its own, `spawn` as any other program.",
    }),
    workers: processCount(
      { perProcessor: 1, least: 1 },
      {
        default: 1,
        reloadable: true,
        source: 'workers',
        doc: 'How many workers. `auto`: one for each processor that the server may use; the CPU quota of a container counts, rounded down, at least 1.',
      },
    ),
    startWorkerDelay: duration('zero or more', {
      default: 0,
      reloadable: true,
      source: 'start_worker_delay',
      doc: 'Time between the starts of two workers.',
    }),
    startWorkerDelayRand: ratio({
      default: 0.2,
      reloadable: true,
      source: 'start_worker_delay_rand',
      doc: 'How far `startWorkerDelay` varies at random: 0.2 is ± 10 %.',
    }),
    startWorkerConcurrency: processCount(
      { perProcessor: 4, least: 8 },
      {
        default: 'auto',
        reloadable: true,
        doc: 'How many workers may be on their way to `run()` at the same time, after a restart or a crash, too. `auto`: four for each processor that the server may use, at least 8. A worker that takes longer than `workerReadyTimeout` no longer counts.',
      },
    ),
    restartWorkerInterval: duration('zero or more', {
      default: 0,
      reloadable: true,
      source: 'restart_worker_interval',
      doc: 'Least time before a dead worker is started again. It never blocks the others.',
    }),
    workerHeartbeatInterval: duration('positive', {
      default: 1,
      reloadable: true,
      source: 'worker_heartbeat_interval',
      doc: "Time between two heartbeats of a worker's event loop.",
    }),
    workerHeartbeatTimeout: duration('positive', {
      default: 180,
      reloadable: true,
      source: 'worker_heartbeat_timeout',
      doc: 'A worker without a heartbeat for this long is stopped at once and replaced.',
    }),
    hangDiagnosis: oneOf(['inspector', 'thread', 'off'], {
      default: 'inspector',
      doc: 'How the JavaScript stack of a worker that missed its heartbeat gets into the log before it is stopped. `inspector`: its debugger is opened by SIGUSR1 for that moment, on a random loopback port that only the server knows. `thread`: a thread in each process worker waits for the question; no port, about 8 MB. `off`: not at all. Workers of type `thread` need no port either way.',
    }),
    workerLagWarn: optionalDuration({
      reloadable: true,
      doc: 'A `process` worker whose event loop was blocked for this long logs a warning that names the function. It costs a thread, about 8 MB. None: no such warning.',
    }),
    workerGracefulKillInterval: duration('positive', {
      default: 15,
      reloadable: true,
      source: 'worker_graceful_kill_interval',
      doc: 'Graceful stop: time from the first SIGTERM to the second.',
    }),
    workerGracefulKillIntervalIncrement: duration('zero or more', {
      default: 10,
      reloadable: true,
      source: 'worker_graceful_kill_interval_increment',
      doc: 'Graceful stop: by how much each further interval is longer.',
    }),
    workerGracefulKillTimeout: duration('zero or more, or never', {
      default: 600,
      reloadable: true,
      source: 'worker_graceful_kill_timeout',
      doc: 'Graceful stop: time from the first SIGTERM to the immediate stop. -1: never.',
    }),
    workerImmediateKillInterval: duration('positive', {
      default: 10,
      reloadable: true,
      source: 'worker_immediate_kill_interval',
      doc: 'Immediate stop: time from the first SIGQUIT to the second.',
    }),
    workerImmediateKillIntervalIncrement: duration('zero or more', {
      default: 10,
      reloadable: true,
      source: 'worker_immediate_kill_interval_increment',
      doc: 'Immediate stop: by how much each further interval is longer.',
    }),
    workerImmediateKillTimeout: duration('zero or more, or never', {
      default: 600,
      reloadable: true,
      source: 'worker_immediate_kill_timeout',
      doc: 'Immediate stop: time from the first SIGQUIT to SIGKILL. -1: never.',
    }),
    workerHeartbeatKillDelay: duration('zero or more, or never', {
      default: 10,
      reloadable: true,
      doc: 'Stop of a worker that missed its heartbeat: time from SIGQUIT to SIGKILL, where `workerImmediateKillTimeout` is not shorter. A thread is left behind then. -1: `workerImmediateKillTimeout`.',
    }),
    restartStrategy: oneOf(['auto', 'all', 'rolling'], {
      default: 'auto',
      reloadable: true,
      doc: 'With `all` a restart stops every worker at once. Each is replaced when it has ended; one that listens on a socket of the engine already when it accepts nothing new. With `rolling` the replacement is ready before the old worker is stopped; one that does not get ready ends the rollout, and the old workers stay. `auto`: `rolling` for workers that listen on sockets of the engine, `all` for the others.',
    }),
    restartConcurrency: integer(
      { min: 1 },
      {
        default: 1,
        reloadable: true,
        doc: 'Rolling restart: how many workers are replaced at once.',
      },
    ),
    restartLinger: duration('zero or more', {
      default: 0,
      reloadable: true,
      doc: 'Rolling restart: how long it waits for the end of an old worker that accepts nothing new, before it goes on to the next. The old one ends by itself, under `workerGracefulKillTimeout`.',
    }),
    workerReady: oneOf(['auto', 'listening', 'explicit'], {
      default: 'auto',
      reloadable: true,
      doc: 'When a worker counts as ready, unless it is a `spawn` worker: a rolling restart, an upgrade and the command that daemonizes wait for that. `auto`: `run()` was entered, and the sockets that it asked for are listening. `listening`: its first server listens, however late `run()` begins that. `explicit`: it has called `this.ready()`, after a cache was filled, for example. A reload holds for workers that start after it.',
    }),
    workerReadyTimeout: duration('positive', {
      default: 30,
      reloadable: true,
      doc: 'How long a worker may take to be ready; when it is: `workerReady`. One that is silent for as long, because the import of the program, its constructor or `run()` hangs, is ended with its stack in the log, and replaced; one whose event loop runs is named in the log, and left alone. Rolling restart: a replacement that is not ready by then ends the rollout; and so long the old worker may take to stop accepting, before the rollout goes on without it.',
    }),
    restartBackoffMin: duration('zero or more', {
      default: 0.1,
      reloadable: true,
      doc: 'First delay before a worker that keeps dying is started again; it doubles, with jitter. The first restart is immediate.',
    }),
    restartBackoffMax: duration('zero or more', {
      default: 30,
      reloadable: true,
      doc: 'Longest such delay.',
    }),
    restartBackoffReset: duration('zero or more', {
      default: 10,
      reloadable: true,
      doc: 'A worker that lived this long is restarted without delay again.',
    }),
    maxRestarts: integer(
      { min: 0 },
      {
        default: 0,
        reloadable: true,
        doc: 'More crashes than this within `maxRestartsPeriod` end the server with status 75. 0: no limit.',
      },
    ),
    maxRestartsPeriod: duration('positive', {
      default: 60,
      reloadable: true,
      doc: 'The period over which `maxRestarts` counts.',
    }),
    ...RENEWAL_KEYS,
    workerReloadSignal: signalName({
      source: 'worker_reload_signal',
      doc: 'Spawn workers: the signal that tells the program to reload. None: a reload does not reach it, unless `commandSender` is `pipe`.',
    }),
    acceptBalance: boolean({
      default: false,
      reloadable: true,
      doc: 'Lets a `process` worker that has many more connections than the others (above 64, and above 1.5 times the mean) pause accepting until they have caught up. For connections that live long, such as WebSockets; looked at once a second. Only where each of its sockets is shared with other workers. Not with `socketScheduling` `reusePort`, which spreads connections by itself.',
    }),
    killTree: boolean({
      default: false,
      reloadable: true,
      doc: 'Spawn workers: the program gets a process group (and session) of its own. The signals that end it go to the whole group, and what is left of the group when the program has ended is killed at once. A process that begins a session of its own leaves the group and is not reached. Not on Windows. A reload holds for workers that start after it.',
    }),
    unrecoverableExitCodes: exitCodes({
      default: [],
      source: 'unrecoverable_exit_codes',
      doc: 'A worker that ends with one of these is not restarted; when all have, the server ends.',
    }),
    stopImmediatelyAtUnrecoverableExit: boolean({
      default: false,
      source: 'stop_immediately_at_unrecoverable_exit',
      doc: 'The first unrecoverable exit stops the server gracefully.',
    }),
    workerCloseServers: boolean({
      default: true,
      doc: 'On a graceful stop everything that a `process` or `thread` worker listens with is closed after its `stop()` was called: requests in flight are answered, idle connections closed. `false`: that is left to `stop()`.',
    }),
    ...WORKER_RESOURCE_KEYS,
    ...WORKER_IDENTITY_KEYS,
  }),
  ...ownedBy('server', {
    commandSender: oneOf(['signal', 'pipe'], {
      default: process.platform === 'win32' ? 'pipe' : 'signal',
      source: 'command_sender',
      doc: 'How commands come: `signal`, or `pipe`: a line each on stdin, as `GRACEFUL_STOP`. Spawn workers are told the same way. On Windows the default is `pipe`.',
    }),
    exitWithWorkerStatus: boolean({
      default: false,
      doc: 'After an unrecoverable exit the server ends with the status of that worker instead of 0.',
    }),
    socketScheduling: oneOf(['shared', 'reusePort'], {
      default: 'shared',
      doc: 'How connections reach process workers. With `shared` all accept from one queue: nothing is lost while workers come and go. With `reusePort` (Node 22.12, Linux) the kernel gives each worker a queue of its own: long connections spread evenly, but those that wait in the queue of a worker that ends are reset.',
    }),
    ...LOG_KEYS,
    drainDelay: duration('zero or more', {
      default: 0,
      reloadable: true,
      doc: 'Graceful stop of the server: it says at once that it is not ready, accepts for this long as before, then stops. A restart does not wait.',
    }),
    pidPath: text('a path', {
      source: 'pid_path',
      doc: 'Path of the pid file: the pid and a newline. The folder `PATH.lock` beside it says whose it is. None: no pid file.',
    }),
    controlSocket: textOrFalse('a path, or false for none', {
      doc: 'Path of the unix socket over which the command `serverengine` reaches this engine, mode 0600. It belongs to the main process, so it outlives a server process that is replaced. Its folder must belong to root or to the user of the engine, and nobody else may be able to write to it. None: beside the pid file, `PIDPATH.sock`, where there is one. `false`: no such socket.',
    }),
    daemonizeErrorExitCode: integer(
      { min: 0, max: 255 },
      {
        default: 1,
        source: 'daemonize_error_exit_code',
        doc: 'Exit status when the server could not be started.',
      },
    ),
    ...SUPERVISION_KEYS,
    ...STATUS_KEYS,
    ...IDENTITY_KEYS,
    ...SIGNAL_KEYS,
  }),
};

/** The table's exact type, from which EngineConfig is inferred. */
export type Keys = typeof KEYS;

/** The name of an engine key as the user spells it in the config. */
export type KeyName = keyof Keys;

/** The table with one type for every key, for code that goes through all of them. */
export const KEY_TABLE: Readonly<Record<KeyName, Key>> = KEYS;

export const KEY_NAMES = Object.keys(KEYS) as readonly KeyName[];

export function isKeyName(name: string): name is KeyName {
  return Object.hasOwn(KEYS, name);
}

function ownedBy<Owner extends KeyOwner, Bodies extends Record<string, object>>(
  owner: Owner,
  bodies: Bodies,
): { readonly [K in keyof Bodies]: Bodies[K] & { readonly owner: Owner } } {
  const keys = Object.entries(bodies).map(([name, body]) => [name, { ...body, owner }] as const);
  return Object.fromEntries(keys) as { [K in keyof Bodies]: Bodies[K] & { owner: Owner } };
}
