import { messageOf } from '../common/errors';
import { isIntended, type KillReason } from '../contract/end-reasons';
import { EMBEDDED_FAILED, endedByItself, howItEnded, isShortage, type ChildExit } from '../watch/child-exit';
import { giveUp } from './giving-up';
import { isStopping, ownerOf, say, type PoolDraft } from './pool-draft';
import type { LiveWorker, PoolMoment, Serial, StartFailure } from './pool-state';
import { stepStart } from './start-state';

/**
 * A run() that throws or cannot listen does so shortly after it is entered. A worker counts as up only after this time.
 */
export const SETTLING_MS = 200;

/** Checks whether one of the first workers has stayed up. */
export function noteSurvivors(draft: PoolDraft, { now }: PoolMoment): void {
  if (draft.first.kind !== 'undecided') return;
  for (const { state } of draft.slots.values()) {
    const worker = ownerOf(state);
    if (worker?.readyAt !== undefined && now - worker.readyAt >= SETTLING_MS) {
      nowUp(draft);
      return;
    }
  }
}

function nowUp(draft: PoolDraft): void {
  if (draft.first.kind !== 'undecided') return;
  draft.first = stepStart(draft.first, { kind: 'up' });
  draft.actions.push({ kind: 'up' });
}

/** One of the first workers has ended. */
export function noteFirst(
  draft: PoolDraft,
  worker: LiveWorker,
  exit: ChildExit,
  reason: KillReason | undefined,
  moment: PoolMoment,
): void {
  if (draft.first.kind !== 'undecided' || isIntended(reason)) return;
  const { workerId, phase } = worker;
  // It has finished its work, or was ended from outside.
  const isItsDoing = reason === 'ready_timeout' || endedByItself(exit);
  if (phase.kind !== 'starting' && (exit.code === 0 || !isItsDoing)) nowUp(draft);
  if (!isItsDoing) return;
  const why = whyNotUp(workerId, exit, reason);
  const hasOwnRule =
    isShortage(exit.spawnError) ||
    (exit.code !== null && moment.settings.unrecoverableExitCodes.includes(exit.code));
  noteStartFailure(draft, worker, why, hasOwnRule, moment);
}

function whyNotUp(workerId: number, exit: ChildExit, reason: KillReason | undefined): string {
  const { spawnError, embedded } = exit;
  if (spawnError) return `worker ${workerId} could not be started: ${spawnError.message}`;
  if (embedded?.kind === 'failed') return `${EMBEDDED_FAILED}: ${messageOf(embedded.error)}`;
  const because = reason === undefined ? '' : ` (${reason})`;
  return `worker ${workerId} ended with ${howItEnded(exit)}${because} before it was up`;
}

/** hasOwnRule: another rule handles this status, or the start is repeated as long as a system resource is short. */
export function noteStartFailure(
  draft: PoolDraft,
  { workerId, serial }: { readonly workerId: number; readonly serial: Serial },
  why: string,
  hasOwnRule: boolean,
  moment: PoolMoment,
): void {
  if (draft.first.kind !== 'undecided' || isStopping(draft)) return;
  const failure: StartFailure = { serial, workerId, why };
  const needed =
    moment.mustComeUp && !hasOwnRule
      ? Math.min(draft.target, moment.settings.startWorkerConcurrency)
      : Infinity;
  draft.first = stepStart(draft.first, { kind: 'failed', workerId, needed });
  draft.actions.push({ kind: 'trying', failure });
  if (draft.first.kind !== 'failed') return;
  say(draft, { kind: 'never_up', workerId, failure });
  giveUp(draft, { kind: 'never_up', failure }, moment);
}
