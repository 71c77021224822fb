import { traitsOf, type KillReason } from '../contract/end-reasons';
import { isShortage, type ChildExit } from '../watch/child-exit';
import { decideRestart, isCrash, recordCrash, type WorkerExit } from './restart-policy';
import { crashLimit, restartSettings } from './restart-settings';
import { noteFirst, noteStartFailure } from './first-start';
import { giveUp } from './giving-up';
import { isStopping, leave, ownerOf, say, setSlot, type PoolDraft } from './pool-draft';
import type { PoolEvent } from './pool-events';
import type { LiveWorker, PoolMoment, Serial, Slot } from './pool-state';
import { dropIfUnwanted, schedule, slotOfLaunch } from './starts';
import { readyStandby } from './standbys';
import { replacementOf } from './worker-phase';
import { backToOld, fail, noteNext, noteOld } from './turns';

/** A worker has ended, whatever the state of its slot. */
export function onExit(
  draft: PoolDraft,
  serial: Serial,
  exit: ChildExit,
  reason: KillReason | undefined,
  moment: PoolMoment,
): void {
  noteOld(draft, serial, 'gone', moment.now);
  const left = draft.leaving.get(serial);
  if (left) {
    draft.leaving.delete(serial);
    noteFirst(draft, left.worker, exit, reason, moment);
    return;
  }
  for (const slot of [...draft.slots.values()]) {
    const { state } = slot;
    if (state.kind === 'replacing' && state.next.kind === 'booting' && state.next.worker.serial === serial) {
      onReplacementExit(draft, slot, state.next.worker, exit, reason, moment);
      return;
    }
    const owner = ownerOf(state);
    if (owner?.serial === serial) onOwnerExit(draft, slot, owner, exit, reason, moment);
  }
}

function onReplacementExit(
  draft: PoolDraft,
  slot: Slot,
  next: LiveWorker,
  exit: ChildExit,
  reason: KillReason | undefined,
  moment: PoolMoment,
): void {
  noteFirst(draft, next, exit, reason, moment);
  const { state } = slot;
  if (state.kind !== 'replacing') return;
  backToOld(draft, slot, state.old, moment);
  fail(
    draft,
    slot.workerId,
    `its replacement ended with ${statusOrSignal(exit)} before it was ready`,
    moment,
  );
}

function onOwnerExit(
  draft: PoolDraft,
  slot: Slot,
  worker: LiveWorker,
  exit: ChildExit,
  reason: KillReason | undefined,
  moment: PoolMoment,
): void {
  const { state } = slot;
  if (state.kind === 'replacing') {
    // Its replacement takes over, or the end of the replacement starts the next worker.
    setSlot(draft, slot, { ...state, old: undefined });
    noteFirst(draft, worker, exit, reason, moment);
    return;
  }
  if (worker.readyAt === undefined) {
    noteNext(
      draft,
      worker,
      { why: `the next one ended with ${statusOrSignal(exit)} before it was ready` },
      moment,
    );
  }
  setSlot(draft, slot, { kind: 'waiting', until: Infinity });
  noteFirst(draft, worker, exit, reason, moment);
  if (draft.slots.has(slot.workerId))
    onSlotEmpty(draft, slot, { exit, reason, startedAt: worker.startedAt }, moment);
}

/**
 * A worker hangs and is being ended, which may take long, so a standby takes its slot at once. A worker that shares no
 * socket may rely on being the only one with its id, and keeps the slot until it has ended.
 */
export function onGivenUp(
  draft: PoolDraft,
  { serial, reason, isListening }: PoolEvent & { readonly kind: 'given_up' },
  moment: PoolMoment,
): void {
  if (isStopping(draft) || readyStandby(draft) === undefined) return;
  for (const slot of [...draft.slots.values()]) {
    if (slot.state.kind !== 'serving' || slot.state.worker.serial !== serial) continue;
    const { worker } = slot.state;
    const { restartStrategy } = moment.settings;
    if (replacementOf(restartStrategy, worker.phase, isListening) !== 'rolling') return;
    const { workerId, generation, pid, startedAt } = worker;
    say(draft, { kind: 'healing', workerId, generation, pid, reason });
    leave(draft, { ...worker, told: worker.told ?? reason });
    setSlot(draft, slot, { kind: 'waiting', until: Infinity });
    onSlotEmpty(draft, slot, { exit: { code: null, signal: null }, reason, startedAt }, moment);
  }
}

/** The status or signal in the reason for a halted rollout: a signal needs no word before it. */
function statusOrSignal({ code, signal }: ChildExit): string {
  return signal ?? `status ${String(code)}`;
}

interface Past {
  readonly exit: ChildExit;
  readonly reason: KillReason | undefined;
  readonly startedAt: number;
}

/** The only place that decides whether and when the next worker of an id starts. */
export function onSlotEmpty(draft: PoolDraft, slot: Slot, past: Past, moment: PoolMoment): void {
  if (dropIfUnwanted(draft, slot)) return;
  const { settings, now, random } = moment;
  const { workerId } = slot;
  const exit = workerExit(past, now);
  const decision = decideRestart(slot.history, exit, restartSettings(settings), random);
  if (decision.kind === 'unrecoverable') {
    onUnrecoverable(draft, slot, decision.status, moment);
    return;
  }
  const next = { ...slot, history: decision.history };
  if (isCrash(exit)) {
    const crashes = recordCrash(draft.crashTimes, now, crashLimit(settings));
    draft.crashTimes = crashes.times;
    if (crashes.exceeded) {
      say(draft, { kind: 'crash_limit', workerId, crashes: crashes.times.length });
      setSlot(draft, next, { kind: 'waiting', until: Infinity });
      giveUp(draft, { kind: 'crash_limit' }, moment);
      return;
    }
  }
  const delayMs = Math.round(decision.at - now);
  if (delayMs > 0) say(draft, { kind: 'delayed', workerId, delayMs });
  schedule(draft, next, decision.at, moment);
}

function workerExit({ exit, reason, startedAt }: Past, endedAt: number): WorkerExit {
  const { code, signal, spawnError, embedded } = exit;
  return {
    code,
    signal,
    spawnError,
    embedded,
    startedAt,
    endedAt,
    expected: !traitsOf(reason ?? 'crash').isCrash,
  };
}

function onUnrecoverable(draft: PoolDraft, slot: Slot, status: number, moment: PoolMoment): void {
  setSlot(draft, slot, { kind: 'over', status });
  say(draft, { kind: 'unrecoverable', workerId: slot.workerId, status });
  if (draft.endCause.kind === 'stopped') draft.endCause = { kind: 'stopped', unrecoverableStatus: status };
  const isFirst = moment.settings.stopImmediatelyAtUnrecoverableExit;
  if (!isFirst && [...draft.slots.values()].some(({ state }) => state.kind !== 'over')) return;
  giveUp(draft, { kind: 'unrecoverable', status }, moment);
}

export function onLaunchFailed(draft: PoolDraft, serial: Serial, error: Error, moment: PoolMoment): void {
  if (draft.withdrawn.delete(serial)) return;
  const found = slotOfLaunch(draft, serial);
  if (!found) return;
  const { slot, launch } = found;
  const { state } = slot;
  if (state.kind === 'replacing') {
    backToOld(draft, slot, state.old, moment);
    fail(draft, slot.workerId, `its replacement could not be started: ${error.message}`, moment);
    return;
  }
  const exit = { code: null, signal: null, spawnError: error };
  setSlot(draft, slot, { kind: 'waiting', until: Infinity });
  noteStartFailure(
    draft,
    launch,
    `worker ${slot.workerId} could not be started: ${error.message}`,
    isShortage(error),
    moment,
  );
  if (draft.slots.has(slot.workerId))
    onSlotEmpty(draft, slot, { exit, reason: undefined, startedAt: launch.since }, moment);
}

/** The start was no longer wanted by the time the worker was to be made. */
export function onLaunchLeft(draft: PoolDraft, serial: Serial): void {
  draft.withdrawn.delete(serial);
}
