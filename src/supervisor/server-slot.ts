/**
 * The state of the one server process that obeys commands. There is never a second one: the code that starts a server
 * checks this first. It does not include servers that a live restart has told to finish by themselves.
 *
 * empty: there is none; what comes next is decided at once. serving: it is alive, or boots. waiting: the next one is
 * started at `until`. detaching: the last one finishes; the next one starts when it has ended, or at `until`. With
 * exitOnDetach the supervisor leaves then. over: none is started any more; the supervisor ends with `status` when the
 * last one has ended.
 */
export type ServerSlot<S> =
  | { readonly kind: 'empty' }
  | { readonly kind: 'serving'; readonly server: S }
  | { readonly kind: 'waiting'; readonly until: number }
  | { readonly kind: 'detaching'; readonly old: S; readonly until: number; readonly leaves: boolean }
  | { readonly kind: 'over'; readonly status: number };

export type SlotEvent<S> =
  | { readonly kind: 'started'; readonly server: S }
  | { readonly kind: 'exited'; readonly server: S }
  | { readonly kind: 'next_at'; readonly until: number }
  /** The time of waiting or detaching has come. */
  | { readonly kind: 'due' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'detach'; readonly until: number; readonly leaves: boolean }
  /** Final: by a stop, or because the supervisor cannot go on. The first status counts. */
  | { readonly kind: 'end'; readonly status: number };

/** start: start a server now. leave: the supervisor ends, and servers that still finish go on without it. */
export type SlotAction = 'none' | 'start' | 'leave';

export interface SlotStep<S> {
  readonly slot: ServerSlot<S>;
  readonly action: SlotAction;
}

export function stepSlot<S>(slot: ServerSlot<S>, event: SlotEvent<S>): SlotStep<S> {
  if (slot.kind === 'over') return stay(slot);
  switch (event.kind) {
    case 'end':
      return { slot: { kind: 'over', status: event.status }, action: 'none' };
    case 'started':
      return { slot: { kind: 'serving', server: event.server }, action: 'none' };
    case 'exited':
      if (slot.kind === 'serving' && slot.server === event.server) {
        return { slot: { kind: 'empty' }, action: 'none' };
      }
      return slot.kind === 'detaching' && slot.old === event.server ? goOn(slot) : stay(slot);
    case 'next_at':
      return slot.kind === 'empty'
        ? { slot: { kind: 'waiting', until: event.until }, action: 'none' }
        : stay(slot);
    case 'due':
      return slot.kind === 'waiting' || slot.kind === 'detaching' ? goOn(slot) : stay(slot);
    case 'restart':
      // There is nothing to restart: the next server is started now. A supervisor that is about to leave starts none.
      if (slot.kind === 'waiting') return goOn(slot);
      return slot.kind === 'detaching' && !slot.leaves ? goOn(slot) : stay(slot);
    case 'detach':
      if (slot.kind !== 'serving') return stay(slot);
      return {
        slot: { kind: 'detaching', old: slot.server, until: event.until, leaves: event.leaves },
        action: 'none',
      };
  }
}

/** When the event 'due' is needed. */
export function slotDueAt(slot: ServerSlot<unknown>): number | undefined {
  return slot.kind === 'waiting' || slot.kind === 'detaching' ? slot.until : undefined;
}

function goOn<S>(slot: ServerSlot<S>): SlotStep<S> {
  if (slot.kind === 'detaching' && slot.leaves) {
    return { slot: { kind: 'over', status: 0 }, action: 'leave' };
  }
  return { slot: { kind: 'empty' }, action: 'start' };
}

function stay<S>(slot: ServerSlot<S>): SlotStep<S> {
  return { slot, action: 'none' };
}
