import {
  isStopping,
  isSurplus,
  leave,
  ownerOf,
  say,
  setSlot,
  tellToStop,
  type PoolDraft,
} from './pool-draft';
import type { LiveWorker, PoolMoment, Rollout, Serial, Slot, Turn } from './pool-state';
import { waitForOld } from './rollout-wait';
import { newLaunch, schedule, withdraw } from './starts';

/** Begins with the next places, as far as restartConcurrency and the starts have room. A failure ends that. */
export function beginTurns(draft: PoolDraft, moment: PoolMoment, startRoom: number): void {
  let room = startRoom;
  while (draft.rollout && !draft.rollout.failed && room > 0) {
    const { queue, turns } = draft.rollout;
    if (turns.size >= moment.settings.restartConcurrency) return;
    const [workerId, ...rest] = queue;
    if (workerId === undefined) return;
    draft.rollout = { ...draft.rollout, queue: rest };
    if (beginTurn(draft, workerId, moment)) room -= 1;
  }
}

/** False: there is nothing to replace any more. One that died meanwhile was replaced by what is new already. */
function beginTurn(draft: PoolDraft, workerId: number, moment: PoolMoment): boolean {
  const slot = draft.slots.get(workerId);
  if (slot?.state.kind !== 'serving' || isSurplus(draft, workerId)) return false;
  const old = slot.state.worker;
  const { next, launch } = newLaunch(draft, slot, moment);
  setSlot(draft, next, { kind: 'replacing', old, next: { kind: 'launching', launch } });
  setTurn(draft, workerId, { kind: 'booting' });
  return true;
}

function setTurn(draft: PoolDraft, workerId: number, turn: Turn | undefined): void {
  if (!draft.rollout) return;
  const turns = new Map(draft.rollout.turns);
  if (turn) turns.set(workerId, turn);
  else turns.delete(workerId);
  draft.rollout = { ...draft.rollout, turns };
}

/** The next worker is ready: it takes the place over, and only then is the old one told to stop. */
export function promote(draft: PoolDraft, slot: Slot, { now }: PoolMoment): void {
  const { state } = slot;
  if (state.kind !== 'replacing' || state.next.kind !== 'booting') return;
  const { worker } = state.next;
  setSlot(draft, slot, { kind: 'serving', worker });
  countReplaced(draft, slot.workerId);
  if (!state.old) {
    setTurn(draft, slot.workerId, undefined);
    return;
  }
  const old = tellToStop(draft, state.old, draft.rollout?.graceful ?? true, 'restart');
  leave(draft, old);
  const kind = old.phase.kind === 'closed' ? 'closed' : 'told';
  const { serial, pid } = old;
  setTurn(draft, slot.workerId, { kind: 'old', serial, pid, old: { kind, since: now } });
}

function countReplaced(draft: PoolDraft, workerId: number): void {
  if (!draft.rollout) return;
  draft.rollout = { ...draft.rollout, replaced: draft.rollout.replaced + 1 };
  const { replaced } = draft.rollout;
  say(draft, { kind: 'rollout_progress', workerId, replaced, left: leftOf(draft.rollout) });
}

/** So many old workers are still to be replaced. */
export function leftOf({ queue, turns, atOnce }: Rollout): number {
  const booting = [...turns.values()].filter(({ kind }) => kind === 'booting');
  return queue.length + booting.length + atOnce.size;
}

/** What an old worker does whose end, or whose last word, a rollout waits for. */
export function noteOld(draft: PoolDraft, serial: Serial, kind: 'closed' | 'gone', now: number): void {
  for (const [workerId, turn] of draft.rollout?.turns ?? []) {
    if (turn.kind === 'booting' || turn.serial !== serial) continue;
    if (turn.kind === 'ending') {
      if (kind === 'gone') setTurn(draft, workerId, undefined);
    } else if (kind === 'gone') setTurn(draft, workerId, { ...turn, old: { kind } });
    else if (turn.old.kind === 'told') setTurn(draft, workerId, { ...turn, old: { kind, since: now } });
  }
}

/** A replacement is not going to be ready. The old worker stays; nothing is begun after that. */
export function fail(draft: PoolDraft, workerId: number, why: string, { group }: PoolMoment): void {
  if (!draft.rollout) return;
  const { atOnce: before, failed } = draft.rollout;
  const atOnce = new Map(before);
  atOnce.delete(workerId);
  draft.rollout = { ...draft.rollout, atOnce, failed: failed ?? { group, workerId, why } };
  setTurn(draft, workerId, undefined);
}

/** The next worker of an id that was told at once: ready, or it has ended before that, or the id is not wanted any more. */
export function noteNext(
  draft: PoolDraft,
  worker: LiveWorker,
  outcome: 'ready' | { readonly why: string },
  moment: PoolMoment,
): void {
  const before = draft.rollout?.atOnce.get(worker.workerId);
  if (!draft.rollout || before === undefined || worker.generation <= before) return;
  if (outcome !== 'ready') {
    fail(draft, worker.workerId, outcome.why, moment);
    return;
  }
  const atOnce = new Map(draft.rollout.atOnce);
  atOnce.delete(worker.workerId);
  draft.rollout = { ...draft.rollout, atOnce };
  countReplaced(draft, worker.workerId);
}

/** Gives up the replacement that a place has under way: the old worker stays, or the next one is started in the usual way. */
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
  setTurn(draft, slot.workerId, undefined);
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
export function lookAtRollout(draft: PoolDraft, moment: PoolMoment): void {
  for (const slot of [...draft.slots.values()]) failIfLate(draft, slot, moment);
  for (const [workerId, turn] of draft.rollout?.turns ?? []) {
    if (turn.kind === 'old') goOn(draft, workerId, turn, moment);
  }
}

function failIfLate(draft: PoolDraft, slot: Slot, moment: PoolMoment): void {
  const { state } = slot;
  const limitMs = moment.settings.workerReadyTimeoutMs;
  const why = `its replacement was not ready after ${limitMs / 1000} s`;
  if (state.kind === 'replacing' && state.next.kind === 'booting') {
    if (moment.now - state.next.since < limitMs) return;
    const { serial } = state.next.worker;
    giveUpNext(draft, slot, { graceful: false, reason: 'ready_timeout' }, moment);
    fail(draft, slot.workerId, why, moment);
    // So that the log has its end before the consequence.
    setTurn(draft, slot.workerId, { kind: 'ending', serial });
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
  const state = draft.slots.get(workerId)?.state;
  const pid = state && ownerOf(state)?.pid;
  say(draft, { kind: 'replaced', workerId, pid, oldPid: turn.pid, old: step.old });
  setTurn(draft, workerId, undefined);
}
