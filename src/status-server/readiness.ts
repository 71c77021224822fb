import { traitsOf } from '../contract/end-reasons';
import type { DeathRecord, EngineStatus, WorkerStatus } from '../contract/status';

/** Why an engine should get no requests now. */
export interface NotReady {
  readonly kind: 'state' | 'no_ready_worker' | 'crash_loop';
  /** A sentence for people. */
  readonly why: string;
  /** The group that the reason is about. */
  readonly group?: string;
  readonly workerId?: number;
}

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly NotReady[];
}

// The first restart is immediate, so it is a loop from the second early crash on.
const CRASHES_OF_A_LOOP = 2;

/**
 * Whether the engine should get requests: every group has a worker that is ready, nothing drains, and no worker crashes again
 * and again. A worker that a rolling restart drains does not matter here: others serve.
 * @param steadyMs a worker that lives this long is over its crashes: `restartBackoffReset`.
 */
export function readinessOf(status: EngineStatus, steadyMs: number): Readiness {
  const reasons = [...stateReasons(status), ...groupReasons(status), ...loopReasons(status, steadyMs)];
  return { ready: reasons.length === 0, reasons };
}

const STATES = {
  preparing: 'the server is preparing, or is starting again',
  draining: 'the server drains: it still accepts, but is about to stop',
  stopping: 'the server is stopping',
  finished: 'the server has finished',
} as const;

function stateReasons({ state }: EngineStatus): readonly NotReady[] {
  return state === 'running' ? [] : [{ kind: 'state', why: STATES[state] }];
}

/** A group that should have no workers is not missing any. */
function groupReasons({ state, groups, workers }: EngineStatus): readonly NotReady[] {
  if (groups.length === 0 && state === 'running')
    return [{ kind: 'no_ready_worker', why: 'the server does not report its workers' }];
  return groups
    .filter(({ name, target }) => target > 0 && !workers.some((one) => one.group === name && one.ready))
    .map(({ name }) => ({
      kind: 'no_ready_worker',
      group: name,
      why: `no worker of the group ${name} is ready`,
    }));
}

function loopReasons({ workers, deaths }: EngineStatus, steadyMs: number): readonly NotReady[] {
  return workers
    .filter((worker) => crashLoops(worker, deaths, steadyMs))
    .map(({ group, workerId, lastExit }) => ({
      kind: 'crash_loop',
      group,
      workerId,
      why: `worker ${workerId} of the group ${group} crashes again and again: ${howItEnded(lastExit)}`,
    }));
}

/** The list of the last 20 deaths may have lost those of this worker. Then its wait for a later start says the same. */
function crashLoops(
  { group, workerId, state, uptimeMs, restarts, lastExit }: WorkerStatus,
  deaths: readonly DeathRecord[],
  steadyMs: number,
): boolean {
  const isEarlyCrash = (one: DeathRecord): boolean =>
    one.reason !== undefined && traitsOf(one.reason).isCrash && one.uptimeMs < steadyMs;
  if (!lastExit || !isEarlyCrash(lastExit) || state === 'over') return false;
  const isSteady = state !== 'waiting' && uptimeMs >= steadyMs;
  if (isSteady) return false;
  const isDelayed = state === 'waiting' && restarts >= CRASHES_OF_A_LOOP;
  const known = deaths.filter((one) => one.group === group && one.workerId === workerId && isEarlyCrash(one));
  return isDelayed || known.length >= CRASHES_OF_A_LOOP;
}

function howItEnded(last: DeathRecord | undefined): string {
  if (!last) return 'it ended';
  const { code, signal, reason, error } = last;
  const how = error ?? (signal === null ? `status ${String(code)}` : `signal ${signal}`);
  return `${how} (${String(reason)})`;
}
