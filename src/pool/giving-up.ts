import { bootStopMs } from '../common/stop-limits';
import { aliveCount, isStopping, ownerOf, say, setSlot, tellToStop, type PoolDraft } from './pool-draft';
import type { PoolFate, PoolMoment } from './pool-state';
import { overtake, stopLeaving } from './rollouts';
import { endStandbys } from './standbys';
import { launchesOf, withdraw } from './starts';

/** It makes no sense to go on. */
export function giveUp(draft: PoolDraft, fate: PoolFate, moment: PoolMoment): void {
  draft.fate = fate;
  draft.actions.push({ kind: 'stop_server' });
  // Also if an override of Server.stop() does not call super: it was not asked whether.
  stopAll(draft, true, false, moment);
}

/** Stops every worker: there is no way back. */
export function stopAll(draft: PoolDraft, graceful: boolean, isAwaited: boolean, moment: PoolMoment): void {
  const launchMs = bootStopMs(moment.settings.workerGracefulKillTimeoutMs);
  if (!isStopping(draft)) {
    const lingering = draft.leaving.size;
    say(draft, { kind: 'stopping', alive: aliveCount(draft), graceful, lingering });
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
  // A beforeFork() that hangs must not keep the server from a stop: from an immediate one not at all.
  if (!graceful) draft.withdrawn.clear();
  else if (launchMs >= 0) draft.launchLimitAt ??= moment.now + launchMs;
}
