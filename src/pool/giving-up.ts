import { bootStopMs } from '../common/stop-limits';
import { aliveCount, isStopping, ownerOf, say, setSlot, tellToStop, type PoolDraft } from './pool-draft';
import type { PoolEndCause, PoolMoment } from './pool-state';
import { overtake, stopLeaving } from './rollouts';
import { endStandbys } from './standbys';
import { launchesOf, withdraw } from './starts';

/** The pool cannot go on. */
export function giveUp(draft: PoolDraft, cause: PoolEndCause, moment: PoolMoment): void {
  draft.endCause = cause;
  draft.actions.push({ kind: 'stop_server' });
  // Stops even if an override of Server.stop() does not call super: this is not the user's decision.
  stopAll(draft, true, false, moment);
}

/** Stops every worker. This cannot be undone. */
export function stopAll(draft: PoolDraft, graceful: boolean, isAwaited: boolean, moment: PoolMoment): void {
  const launchMs = bootStopMs(moment.settings.workerGracefulKillTimeoutMs);
  if (!isStopping(draft)) {
    const lingering = draft.leaving.size;
    say(draft, { kind: 'stopping', alive: aliveCount(draft), graceful, lingering });
    draft.actions.push({ kind: 'start_no_more' });
  }
  if (draft.stop !== 'immediate') draft.stop = graceful ? 'graceful' : 'immediate';
  overtake(draft, moment);
  stopLeaving(draft, graceful, 'stop', isAwaited);
  for (const slot of [...draft.slots.values()]) {
    for (const launch of launchesOf(slot)) withdraw(draft, launch);
    const worker = ownerOf(slot.state);
    if (!worker) draft.slots.delete(slot.workerId);
    else
      setSlot(draft, slot, {
        kind: 'stopping',
        worker: tellToStop(draft, worker, graceful, 'stop', isAwaited),
      });
  }
  endStandbys(draft, 'stop', graceful);
  // A hanging beforeFork() must not delay an immediate stop at all, and a graceful one only for a limited time.
  if (!graceful) draft.withdrawn.clear();
  else if (launchMs >= 0) draft.launchLimitAt ??= moment.now + launchMs;
}
