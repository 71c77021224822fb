import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { RolloutStatus, StandbyStatus, WorkerStatus } from '../contract/status';
import type { Deaths } from './deaths';
import type { PoolStatus } from './pool';
import type { PoolState, Serial } from './pool-state';
import { statusRowsOf, standbyState, type StatusRow } from './pool-views';
import { leftOf } from './turns';
import type { StandbyHandle, WorkerHandle, WorkerLauncher } from './worker-handle';

/** What a status is made from. */
export interface StatusSource {
  readonly group: string;
  readonly engine: () => EngineConfig;
  readonly clock: Clock;
  readonly state: PoolState;
  readonly deaths: Deaths;
  readonly handle: (serial: Serial) => WorkerHandle | undefined;
  readonly standby: (serial: Serial) => StandbyHandle | undefined;
  readonly launcher: Pick<WorkerLauncher, 'startStatus'>;
}

/** The status of a group of workers at this moment. */
export function poolStatus(source: StatusSource): PoolStatus {
  const { group, engine, state, deaths, launcher } = source;
  const { workerType: type, restartStrategy: strategy, workerStart: start } = engine();
  return {
    group: {
      name: group,
      type,
      target: state.target,
      strategy,
      start,
      startInUse: 'spawn',
      ...launcher.startStatus?.(),
    },
    workers: placesNow(source).map((place) => workerStatus(source, place)),
    standby: standbyStatus(source),
    rollout: rolloutStatus(source),
    deaths: deaths.records,
    crashedAt: deaths.crashedAt,
  };
}

export function placesNow({ state, handle }: Pick<StatusSource, 'state' | 'handle'>): readonly StatusRow[] {
  return statusRowsOf(state, ({ serial }) => handle(serial)?.isStopping ?? false);
}

function workerStatus(
  { group, clock, deaths, handle }: StatusSource,
  { workerId, worker, state, generation }: StatusRow,
): WorkerStatus {
  return {
    group,
    workerId,
    pid: worker?.pid,
    state,
    ready: state === 'running' && worker?.readyAt !== undefined,
    start: worker && handle(worker.serial)?.start,
    generation,
    uptimeMs: worker ? Math.round(clock.now() - worker.startedAt) : 0,
    restarts: Math.max(0, generation - 1),
    lastExit: deaths.lastOf(workerId),
    ...(worker && handle(worker.serial)?.figures()),
  };
}

function standbyStatus({ group, clock, state, standby }: StatusSource): readonly StandbyStatus[] {
  return [...state.standbys.values()].map((one) => ({
    group,
    pid: standby(one.serial)?.pid,
    state: standbyState(one),
    start: standby(one.serial)?.start,
    uptimeMs: Math.round(clock.now() - one.since),
    ...standby(one.serial)?.figures(),
  }));
}

function rolloutStatus({ group, clock, state }: StatusSource): RolloutStatus | undefined {
  const { rollout, turns } = state;
  if (!rollout) return undefined;
  const startedAt = Math.round(clock.wallTime() - (clock.now() - rollout.startedAt));
  return { startedAt, group, replaced: rollout.replaced, left: leftOf(rollout, turns) };
}
