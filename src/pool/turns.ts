import { isStopping, isSurplus, leave, setSlot, tellToStop, type PoolDraft } from './pool-draft';
import type { LiveWorker, PoolMoment, Rollout, Serial, Slot, Turn } from './pool-state';
import { ownerOf, say } from './pool-draft';
import { failRecycle, nextRecycle } from './recycles';
import { waitForOld } from './rollout-wait';
import { newLaunch, schedule, withdraw } from './starts';

/**
 * The only queue of replacements. Begins the next ones, within restartConcurrency and the limit of starts: those of the
 * rollout first, then recycled workers.
 */
export function beginTurns(draft: PoolDraft, moment: PoolMoment, startRoom: number): void {
  let room = startRoom;
  while (room > 0 && draft.turns.size < moment.settings.restartConcurrency) {
    const workerId = nextOfRollout(draft);
    if (workerId !== undefined) {
      if (beginTurn(draft, workerId, moment)) room -= 1;
      continue;
    }
    const recycle = draft.rollout ? undefined : nextRecycle(draft, moment);
    if (!recycle) return;
    const { slot, worker, reason, way } = recycle;
    if (way === 'rolling') replaceFirst(draft, slot, worker, { kind: 'booting', cause: reason }, moment);
    else stopFirst(draft, slot, worker, reason);
    room -= 1;
  }
}

function nextOfRollout(draft: PoolDraft): number | undefined {
  if (!draft.rollout || draft.rollout.failed) return undefined;
  const [workerId, ...rest] = draft.rollout.queue;
  draft.rollout = { ...draft.rollout, queue: rest };
  return workerId;
}

/** Returns false if there is nothing left to replace: a worker that died meanwhile already has a new one in its place. */
function beginTurn(draft: PoolDraft, workerId: number, moment: PoolMoment): boolean {
  const slot = draft.slots.get(workerId);
  if (slot?.state.kind !== 'serving' || isSurplus(draft, workerId)) return false;
  replaceFirst(draft, slot, slot.state.worker, { kind: 'booting', cause: 'rollout' }, moment);
  return true;
}

/** The next worker is ready before the old one is told to stop. */
function replaceFirst(
  draft: PoolDraft,
  slot: Slot,
  old: LiveWorker,
  turn: Turn & { readonly kind: 'booting' },
  moment: PoolMoment,
): void {
  const { next, launch } = newLaunch(draft, slot, moment);
  setSlot(draft, next, { kind: 'replacing', old, next: { kind: 'launching', launch } });
  draft.turns.set(slot.workerId, turn);
}

/** A worker that shares no socket may rely on being the only one with its id: its successor starts when it has ended. */
function stopFirst(
  draft: PoolDraft,
  slot: Slot,
  worker: LiveWorker,
  reason: Exclude<Turn['cause'], 'rollout'>,
): void {
  setSlot(draft, slot, { kind: 'stopping', worker: tellToStop(draft, worker, true, reason, true) });
  draft.turns.set(slot.workerId, { kind: 'renewing', cause: reason, generation: worker.generation });
}

/** The next worker is ready: it takes over the slot, and only then is the old one told to stop. */
export function promote(draft: PoolDraft, slot: Slot, { now }: PoolMoment): void {
  const { state, workerId } = slot;
  if (state.kind !== 'replacing' || state.next.kind !== 'booting') return;
  const { worker } = state.next;
  const cause = draft.turns.get(workerId)?.cause ?? 'rollout';
  setSlot(draft, slot, { kind: 'serving', worker });
  if (cause !== 'rollout')
    say(draft, { kind: 'recycled', workerId, pid: worker.pid, oldPid: state.old?.pid, reason: cause });
  // This comes before the count: a slot whose turn still boots counts as left.
  draft.turns.delete(workerId);
  if (cause === 'rollout') countReplaced(draft);
  if (!state.old) return;
  const isGraceful = cause !== 'rollout' || (draft.rollout?.graceful ?? true);
  const old = tellToStop(draft, state.old, isGraceful, cause === 'rollout' ? 'restart' : cause);
  leave(draft, old);
  const kind = old.phase.kind === 'closed' ? 'closed' : 'told';
  const { serial, pid } = old;
  draft.turns.set(workerId, { kind: 'old', cause, serial, pid, old: { kind, since: now } });
}

function countReplaced(draft: PoolDraft): void {
  if (!draft.rollout) return;
  draft.rollout = { ...draft.rollout, replaced: draft.rollout.replaced + 1 };
  reportLeft(draft, leftOf(draft.rollout, draft.turns));
}

export function reportLeft(draft: PoolDraft, left: number): void {
  if (!draft.rollout) return;
  draft.rollout = { ...draft.rollout, reportedLeft: left };
  say(draft, { kind: 'rollout_progress', replaced: draft.rollout.replaced, left });
}

/** How many old workers are still to be replaced. */
export function leftOf({ queue, atOnce }: Rollout, turns: ReadonlyMap<number, Turn>): number {
  const booting = [...turns.values()].filter(({ kind, cause }) => kind === 'booting' && cause === 'rollout');
  return queue.length + booting.length + atOnce.size;
}

/** An old worker has stopped accepting, or has ended: a turn may wait for that. */
export function noteOld(draft: PoolDraft, serial: Serial, kind: 'closed' | 'gone', now: number): void {
  for (const [workerId, turn] of [...draft.turns]) {
    if (turn.kind === 'ending') {
      if (turn.serial === serial && kind === 'gone') draft.turns.delete(workerId);
    } else if (turn.kind === 'old' && turn.serial === serial) {
      if (kind === 'gone') draft.turns.set(workerId, { ...turn, old: { kind } });
      else if (turn.old.kind === 'told') draft.turns.set(workerId, { ...turn, old: { kind, since: now } });
    }
  }
}

/** A replacement will not become ready. The old worker stays, and a rollout begins no more turns. */
export function fail(draft: PoolDraft, workerId: number, why: string, moment: PoolMoment): void {
  const turn = draft.turns.get(workerId);
  draft.turns.delete(workerId);
  if (turn && turn.cause !== 'rollout') {
    failRecycle(draft, workerId, turn.cause, why, moment);
    return;
  }
  if (!draft.rollout) return;
  const { atOnce: before, failed } = draft.rollout;
  const atOnce = new Map(before);
  atOnce.delete(workerId);
  draft.rollout = { ...draft.rollout, atOnce, failed: failed ?? { group: moment.group, workerId, why } };
}

/**
 * The next worker of an id that was told to stop at once: it is ready, it ended before that, or the id is no longer
 * wanted.
 */
export function noteNext(
  draft: PoolDraft,
  worker: LiveWorker,
  outcome: 'ready' | { readonly why: string },
  moment: PoolMoment,
): void {
  endRenewal(draft, worker);
  const before = draft.rollout?.atOnce.get(worker.workerId);
  if (!draft.rollout || before === undefined || worker.generation <= before) return;
  if (outcome !== 'ready') {
    fail(draft, worker.workerId, outcome.why, moment);
    return;
  }
  const atOnce = new Map(draft.rollout.atOnce);
  atOnce.delete(worker.workerId);
  draft.rollout = { ...draft.rollout, atOnce };
  countReplaced(draft);
}

/** A successor that fails is restarted like any worker: the next turn need not wait for it. */
function endRenewal(draft: PoolDraft, { workerId, generation }: LiveWorker): void {
  const turn = draft.turns.get(workerId);
  if (turn?.kind === 'renewing' && generation > turn.generation) draft.turns.delete(workerId);
}

/** Gives up the pending replacement of a slot: the old worker stays, or the next one is started in the usual way. */
export function giveUpNext(
  draft: PoolDraft,
  slot: Slot,
  how: { readonly graceful: boolean; readonly reason: 'restart' | 'stop' | 'scale_down' | 'ready_timeout' },
  moment: PoolMoment,
): void {
  const { state } = slot;
  if (state.kind !== 'replacing') return;
  const { old, next } = state;
  if (next.kind === 'launching') withdraw(draft, next.launch);
  else leave(draft, tellToStop(draft, next.worker, how.graceful, how.reason));
  if (how.reason !== 'ready_timeout') draft.turns.delete(slot.workerId);
  backToOld(draft, slot, old, moment);
}

/** The replacement is gone. */
export function backToOld(
  draft: PoolDraft,
  slot: Slot,
  old: LiveWorker | undefined,
  moment: PoolMoment,
): void {
  if (old) setSlot(draft, slot, { kind: old.told === undefined ? 'serving' : 'stopping', worker: old });
  else if (isStopping(draft) || isSurplus(draft, slot.workerId)) draft.slots.delete(slot.workerId);
  else schedule(draft, slot, moment.now, moment);
}

/** Checks the time: for late replacements, and for old workers that have been waited for long enough. */
export function lookAtTurns(draft: PoolDraft, moment: PoolMoment): void {
  for (const slot of [...draft.slots.values()]) failIfLate(draft, slot, moment);
  for (const [workerId, turn] of [...draft.turns]) {
    if (turn.kind === 'old') goOn(draft, workerId, turn, moment);
    // No worker comes after it.
    else if (turn.kind === 'renewing' && hasNoSuccessor(draft, workerId)) draft.turns.delete(workerId);
  }
}

function hasNoSuccessor({ slots }: PoolDraft, workerId: number): boolean {
  const kind = slots.get(workerId)?.state.kind;
  return kind === undefined || kind === 'over';
}

function failIfLate(draft: PoolDraft, slot: Slot, moment: PoolMoment): void {
  const { state } = slot;
  const limitMs = moment.settings.workerReadyTimeoutMs;
  const why = `its replacement was not ready after ${limitMs / 1000} s`;
  if (state.kind === 'replacing' && state.next.kind === 'booting') {
    if (moment.now - state.next.since < limitMs) return;
    const { serial } = state.next.worker;
    const cause = draft.turns.get(slot.workerId)?.cause ?? 'rollout';
    giveUpNext(draft, slot, { graceful: false, reason: 'ready_timeout' }, moment);
    fail(draft, slot.workerId, why, moment);
    // The log must have the end of the replacement before its consequence.
    draft.turns.set(slot.workerId, { kind: 'ending', cause, serial });
  } else if (state.kind === 'serving' && state.worker.readyAt === undefined) {
    if (moment.now - state.worker.startedAt >= limitMs) noteNext(draft, state.worker, { why }, moment);
  }
}

function goOn(
  draft: PoolDraft,
  workerId: number,
  turn: Turn & { readonly kind: 'old' },
  moment: PoolMoment,
): void {
  const { restartLingerMs, workerReadyTimeoutMs } = moment.settings;
  const limits = { lingerMs: restartLingerMs, closeLimitMs: workerReadyTimeoutMs };
  const step = waitForOld(turn.old, limits, moment.now);
  if (step.kind === 'wait') return;
  draft.turns.delete(workerId);
  if (turn.cause !== 'rollout') return;
  const state = draft.slots.get(workerId)?.state;
  const pid = state && ownerOf(state)?.pid;
  say(draft, { kind: 'replaced', workerId, pid, oldPid: turn.pid, old: step.old });
}
