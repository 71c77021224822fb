import type cluster from 'node:cluster';
import type { EventEmitter } from 'node:events';
import { ServerEngineError } from '../common/errors';
import { asksForSockets } from '../node-internals/cluster-questions';
import type { Logger } from '../record/logger';
import { canTellWhoAsks, showToProgram } from '../node-internals/asked-by-node';
import { refreshImportedNames } from '../node-internals/imported-names';

type Cluster = typeof cluster;

/**
 * Node's own module for a cluster worker. In such a process Node has loaded it before any code of ours; at the top of
 * the tree loading it would be wasted.
 */
export function clusterChild(): Cluster {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- who asks cannot wait
  return require('node:cluster') as Cluster;
}

let isTaken = false;

/**
 * Makes Node's cluster child outlive its parent, and hides it: libraries that know about clusters would send their log
 * lines or metrics to a primary that does not exist. They see a program of one process; net and dgram still ask the
 * process above for each socket.
 */
export function takeCluster(): void {
  if (isTaken) return;
  isTaken = true;
  const child = clusterChild();
  const { worker } = child;
  if (!worker) return;
  // Node's cluster child ends at once with status 0 when its parent is gone; ours finishes its work first.
  worker.exitedAfterDisconnect = true;
  // It notifies the parent of each server that is closed: a parent that died a moment ago is not an error of ours.
  worker.on('error', () => {});
  if (whyNotHidden() === undefined) hide(child);
}

/** Call this once there is a log: it may not work with versions of Node that it was not tested with. */
export function warnIfSeen(logger: Logger): void {
  const reason = whyNotHidden();
  if (reason === undefined) return;
  logger.warn(
    'libraries see that this process is one of several, and may send their log lines or metrics to nobody: ' +
      'this version of Node is not supported; please report it to the authors of serverengine',
    { reason, node: process.version },
  );
}

function whyNotHidden(): string | undefined {
  if (!canTellWhoAsks()) return 'the stack does not show whether Node or the program asks';
  return asksForSockets(clusterChild()) ? undefined : 'node:cluster is not what it was';
}

function hide(child: Cluster): void {
  showToProgram(child, 'isPrimary', true);
  showToProgram(child, 'isMaster', true);
  showToProgram(child, 'isWorker', false);
  showToProgram(child, 'worker', undefined);
  for (const [name, value] of Object.entries(primaryMembers(child))) {
    if (!(name in child)) Object.defineProperty(child, name, { configurable: true, writable: true, value });
  }
  refreshImportedNames();
}

/** Members that a primary has and Node's cluster child lacks. */
function primaryMembers(child: EventEmitter): Readonly<Record<string, unknown>> {
  const settings: Record<string, unknown> = {};
  const setup = (given?: object): void => {
    Object.assign(settings, given);
    process.nextTick(() => child.emit('setup', settings));
  };
  return {
    workers: {},
    settings,
    schedulingPolicy: 1,
    SCHED_NONE: 1,
    SCHED_RR: 2,
    setupPrimary: setup,
    setupMaster: setup,
    disconnect: (callback?: () => void) => {
      if (callback) process.nextTick(callback);
    },
    fork: () => {
      throw new ServerEngineError(
        'ERR_WRONG_PROCESS',
        'cluster.fork() does not work below serverengine, which starts the processes itself. ' +
          'Set workers for more of them, or start a program with child_process.',
      );
    },
  };
}
