import { livingOf } from './pool-draft';
import type { LiveWorker, PoolMoment, PoolState } from './pool-state';
import { SETTLING_MS } from './first-start';
import { lingersAt } from './lingering';
import { roomAt } from './make-room';
import { isReserveShort, standbyTimes } from './standbys';
import { measureDueAt } from './recycles';
import { waitForOld } from './rollout-wait';
import { bootingSince, launchesOf } from './starts';

/** When the passing of time alone next changes something. */
export function poolDueAt(state: PoolState, { now, settings }: PoolMoment): number {
  if (state.isOver) return Infinity;
  const { workerReadyTimeoutMs, restartLingerMs } = settings;
  const times: number[] = [];
  let isStartDue =
    (state.rollout?.queue.length ?? 0) > 0 ||
    state.recycles.some(({ notBefore }) => notBefore <= now) ||
    isReserveShort(state, settings);
  times.push(...state.recycles.map(({ notBefore }) => notBefore));
  if (state.hasStarted && state.stop === 'none') {
    times.push(measureDueAt(state, settings), ...standbyTimes(state, settings));
  }
  for (const slot of state.slots.values()) {
    if (slot.state.kind === 'waiting') {
      if (slot.state.until <= now) isStartDue = true;
      else times.push(slot.state.until);
    }
    for (const launch of launchesOf(slot))
      if (!launch.isSlow) times.push(launch.since + workerReadyTimeoutMs);
    if (slot.state.kind === 'replacing' && slot.state.next.kind === 'booting') {
      times.push(slot.state.next.since + workerReadyTimeoutMs);
    }
    for (const worker of livingOf(slot.state))
      times.push(...workerTimes(worker, state, workerReadyTimeoutMs));
  }
  for (const { worker, isLogged } of state.leaving.values()) if (!isLogged) times.push(lingersAt(worker));
  for (const turn of state.turns.values()) {
    if (turn.kind !== 'old') continue;
    const step = waitForOld(turn.old, { lingerMs: restartLingerMs, closeLimitMs: workerReadyTimeoutMs }, now);
    times.push(step.kind === 'wait' ? step.until : now);
  }
  if (state.launchLimitAt !== undefined && state.withdrawn.size > 0) times.push(state.launchLimitAt);
  // A slow start holds up other starts only for a limited time.
  if (isStartDue && state.stop === 'none')
    times.push(...bootingSince(state, { now, settings }).map((since) => since + workerReadyTimeoutMs));
  // Everything that is due by now has been handled.
  return Math.min(Infinity, ...times.filter((time) => time > now));
}

function workerTimes(
  worker: LiveWorker,
  { first, rollout }: PoolState,
  readyTimeoutMs: number,
): readonly number[] {
  const times = [];
  if (worker.phase.kind === 'closed' && worker.phase.hasListened) times.push(roomAt(worker));
  if (first.kind === 'undecided' && worker.readyAt !== undefined) times.push(worker.readyAt + SETTLING_MS);
  if (worker.readyAt === undefined && rollout?.atOnce.has(worker.workerId))
    times.push(worker.startedAt + readyTimeoutMs);
  return times;
}
