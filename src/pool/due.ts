import type { Launch, LiveWorker, PoolMoment, PoolState, SlotState } from './pool-state';
import { SETTLING_MS } from './first-start';
import { lingersAt } from './lingering';
import { roomAt } from './make-room';
import { isReserveShort, standbyTimes } from './standbys';
import { measureDueAt } from './recycles';
import { waitForOld } from './rollout-wait';
import { bootingSince } from './starts';

/** When the passing of time alone next changes something. */
export function poolDueAt(state: PoolState, { now, settings }: PoolMoment): number {
  if (state.isOver) return Infinity;
  const { workerReadyTimeoutMs, restartLingerMs } = settings;
  let dueAt = Infinity;
  // Everything that is due by now has been handled.
  const note: Note = (time) => {
    if (time > now && time < dueAt) dueAt = time;
  };
  let isStartDue =
    (state.rollout?.queue.length ?? 0) > 0 ||
    state.recycles.some(({ notBefore }) => notBefore <= now) ||
    isReserveShort(state, settings);
  for (const { notBefore } of state.recycles) note(notBefore);
  if (state.hasStarted && state.stop === 'none') {
    note(measureDueAt(state, settings));
    for (const time of standbyTimes(state, settings)) note(time);
  }
  for (const { state: slot } of state.slots.values()) {
    if (slot.kind === 'waiting' && slot.until <= now) isStartDue = true;
    noteSlot(slot, state, workerReadyTimeoutMs, note);
  }
  for (const { worker, isLogged } of state.leaving.values()) if (!isLogged) note(lingersAt(worker));
  for (const turn of state.turns.values()) {
    if (turn.kind !== 'old') continue;
    const step = waitForOld(turn.old, { lingerMs: restartLingerMs, closeLimitMs: workerReadyTimeoutMs }, now);
    if (step.kind === 'wait') note(step.until);
  }
  if (state.launchLimitAt !== undefined && state.withdrawn.size > 0) note(state.launchLimitAt);
  // A slow start holds up other starts only for a limited time.
  if (isStartDue && state.stop === 'none')
    for (const since of bootingSince(state, { now, settings })) note(since + workerReadyTimeoutMs);
  return dueAt;
}

type Note = (time: number) => void;

function noteSlot(slot: SlotState, pool: PoolState, readyTimeoutMs: number, note: Note): void {
  switch (slot.kind) {
    case 'waiting':
      note(slot.until);
      return;
    case 'launching':
      noteLaunch(slot.launch, readyTimeoutMs, note);
      return;
    case 'serving':
    case 'stopping':
      noteWorker(slot.worker, pool, readyTimeoutMs, note);
      return;
    case 'replacing': {
      const { old, next } = slot;
      if (old) noteWorker(old, pool, readyTimeoutMs, note);
      if (next.kind === 'launching') noteLaunch(next.launch, readyTimeoutMs, note);
      else {
        note(next.since + readyTimeoutMs);
        noteWorker(next.worker, pool, readyTimeoutMs, note);
      }
      return;
    }
    case 'over':
  }
}

function noteLaunch({ since, isSlow }: Launch, readyTimeoutMs: number, note: Note): void {
  if (!isSlow) note(since + readyTimeoutMs);
}

function noteWorker(
  worker: LiveWorker,
  { first, rollout }: PoolState,
  readyTimeoutMs: number,
  note: Note,
): void {
  if (worker.phase.kind === 'closed' && worker.phase.hasListened) note(roomAt(worker));
  if (first.kind === 'undecided' && worker.readyAt !== undefined) note(worker.readyAt + SETTLING_MS);
  if (worker.readyAt === undefined && rollout?.atOnce.has(worker.workerId))
    note(worker.startedAt + readyTimeoutMs);
}
