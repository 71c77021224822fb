import { isStopping, setSlot, type PoolDraft } from './pool-draft';
import type { PoolMoment, Slot } from './pool-state';
import { keepReserve, readyStandby } from './standbys';
import { beginTurns } from './turns';
import { bootingSince, newLaunch } from './starts';

/** Begins every start that is due, within startWorkerConcurrency: hundreds of starts at once slow each other down. */
export function admit(draft: PoolDraft, moment: PoolMoment): void {
  if (isStopping(draft) || !draft.hasStarted) return;
  let room = moment.settings.startWorkerConcurrency - bootingSince(draft, moment).length;
  const due: Slot[] = [];
  for (const slot of draft.slots.values()) if (dueAt(slot) <= moment.now) due.push(slot);
  due.sort((a, b) => dueAt(a) - dueAt(b));
  for (const slot of due) {
    // A standby has already booted.
    if (readyStandby(draft) === undefined) {
      if (room <= 0) break;
      room -= 1;
    }
    const { next, launch } = newLaunch(draft, slot, moment);
    setSlot(draft, next, { kind: 'launching', launch });
  }
  beginTurns(draft, moment, room);
  keepReserve(draft, moment, () => bootingSince(draft, moment).length > 0);
}

function dueAt({ state }: Slot): number {
  return state.kind === 'waiting' ? state.until : Infinity;
}
