import { isStopping, setSlot, type PoolDraft } from './pool-draft';
import type { PoolMoment, Slot } from './pool-state';
import { beginTurns } from './turns';
import { bootingSince, newLaunch } from './starts';

/** Begins every start that is due, as far as startWorkerConcurrency has room: hundreds at once only hinder each other. */
export function admit(draft: PoolDraft, moment: PoolMoment): void {
  if (isStopping(draft) || !draft.hasStarted) return;
  let room = moment.settings.startWorkerConcurrency - bootingSince(draft, moment).length;
  const due = [...draft.slots.values()].filter(
    ({ state }) => state.kind === 'waiting' && state.until <= moment.now,
  );
  due.sort((a, b) => dueAt(a) - dueAt(b));
  for (const slot of due) {
    if (room <= 0) return;
    room -= 1;
    const { next, launch } = newLaunch(draft, slot, moment);
    setSlot(draft, next, { kind: 'launching', launch });
  }
  beginTurns(draft, moment, room);
}

function dueAt({ state }: Slot): number {
  return state.kind === 'waiting' ? state.until : Infinity;
}
