import { onSlotEmpty } from './ends';
import { isStopping, isSurplus, leave, ownerOf, setSlot, tellToStop, type PoolDraft } from './pool-draft';
import type { LiveWorker, PoolMoment } from './pool-state';
import { leavesSlot } from './worker-phase';

/** A worker that lingers, possibly for hours, leaves its slot to the next one. */
export function makeRoom(draft: PoolDraft, moment: PoolMoment): void {
  for (const slot of [...draft.slots.values()]) {
    const worker = ownerOf(slot.state);
    if (!worker || roomAt(worker) > moment.now) continue;
    const wish = { isPoolStopping: isStopping(draft), isSurplus: isSurplus(draft, slot.workerId) };
    if (!leavesSlot(worker.phase, wish)) continue;
    // If something else told the worker to stop, the escalation applies to it from now on, too.
    leave(draft, worker.told === undefined ? tellToStop(draft, worker, true, 'restart') : worker);
    const { state } = slot;
    if (state.kind === 'replacing') setSlot(draft, slot, { ...state, old: undefined });
    else {
      const exit = { code: null, signal: null };
      onSlotEmpty(draft, slot, { exit, reason: worker.told, startedAt: worker.startedAt }, moment);
    }
  }
}

// A terminal sends Ctrl-C to workers as well as to us, and some of them react faster.
const UNASKED_STOP_MS = 200;

/** When a worker that accepts nothing new leaves its slot. */
export function roomAt({ closedAt, told }: LiveWorker): number {
  if (closedAt === undefined) return Infinity;
  return told === undefined ? closedAt + UNASKED_STOP_MS : closedAt;
}
