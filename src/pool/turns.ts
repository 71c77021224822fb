import { isStopping, isSurplus, leave, setSlot, tellToStop, type PoolDraft } from './pool-draft';
import type { LiveWorker, PoolMoment, Rollout, Serial, Slot, Turn } from './pool-state';
import { ownerOf, say } from './pool-draft';
import { failRecycle, nextRecycle } from './recycles';
import { waitForOld } from './rollout-wait';
import { newLaunch, schedule, withdraw } from './starts';

/**
 * The one queue of replacements. Begins with the next places, as far as restartConcurrency and the starts have room:
 * those of the rollout first, then workers that are recycled.
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

/** False: there is nothing to replace any more. One that died meanwhile was replaced by what is new already. */
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

/** What does not share a socket may count on its id being its own: its successor starts when it has ended. */
function stopFirst(
  draft: PoolDraft,
  slot: Slot,
  worker: LiveWorker,
  reason: Exclude<Turn['cause'], 'rollout'>,
): void {
  setSlot(draft, slot, { kind: 'stopping', worker: tellToStop(draft, worker, true, reason, true) });
  draft.turns.set(slot.workerId, { kind: 'renewing', cause: reason, generation: worker.generation });
}

/** The next worker is ready: it takes the place over, and only then is the old one told to stop. */
export function promote(draft: PoolDraft, slot: Slot, { now }: PoolMoment): void {
  const { state, workerId } = slot;
  if (state.kind !== 'replacing' || state.next.kind !== 'booting') return;
  const { worker } = state.next;
  const cause = draft.turns.get(workerId)?.cause ?? 'rollout';
  setSlot(draft, slot, { kind: 'serving', worker });
  if (cause !== 'rollout')
    say(draft, { kind: 'recycled', workerId, pid: worker.pid, oldPid: state.old?.pid, reason: cause });
  // Before it is counted: a place whose turn still boots is one that is left.
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
  sayLeft(draft, leftOf(draft.rollout, draft.turns));
}

export function sayLeft(draft: PoolDraft, left: number): void {
  if (!draft.rollout) return;
  draft.rollout = { ...draft.rollout, saidLeft: left };
  say(draft, { kind: 'rollout_progress', replaced: draft.rollout.replaced, left });
}

/** So many old workers are still to be replaced. */
export function leftOf({ queue, atOnce }: Rollout, turns: ReadonlyMap<number, Turn>): number {
  const booting = [...turns.values()].filter(({ kind, cause }) => kind === 'booting' && cause === 'rollout');
  return queue.length + booting.length + atOnce.size;
}

/** What an old worker does whose end, or whose last word, a turn waits for. */
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

/** A replacement is not going to be ready. The old worker stays; a rollout begins nothing after that. */
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

/** The next worker of an id that was told at once: ready, or it has ended before that, or the id is not wanted any more. */
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

/** A successor that fails is restarted like any worker: the next turn need not wait for that. */
function endRenewal(draft: PoolDraft, { workerId, generation }: LiveWorker): void {
  const turn = draft.turns.get(workerId);
  if (turn?.kind === 'renewing' && generation > turn.generation) draft.turns.delete(workerId);
}

/** Gives up the pending replacement of a place: the old worker stays, or the next one is started in the usual way. */
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

/** Looks at the clock: replacements that are late, and old workers that are waited for no longer. */
export function lookAtTurns(draft: PoolDraft, moment: PoolMoment): void {
  for (const slot of [...draft.slots.values()]) failIfLate(draft, slot, moment);
  for (const [workerId, turn] of [...draft.turns]) {
    if (turn.kind === 'old') goOn(draft, workerId, turn, moment);
    // Nobody comes after it.
    else if (turn.kind === 'renewing' && isNobodyNext(draft, workerId)) draft.turns.delete(workerId);
  }
}

function isNobodyNext({ slots }: PoolDraft, workerId: number): boolean {
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
    // So that the log has its end before the consequence.
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
