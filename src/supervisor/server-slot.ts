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
  readonly place: ServerSlot<S>;
  readonly action: SlotAction;
}

export function stepSlot<S>(place: ServerSlot<S>, event: SlotEvent<S>): SlotStep<S> {
  if (place.kind === 'over') return stay(place);
  switch (event.kind) {
    case 'end':
      return { place: { kind: 'over', status: event.status }, action: 'none' };
    case 'started':
      return { place: { kind: 'serving', server: event.server }, action: 'none' };
    case 'exited':
      if (place.kind === 'serving' && place.server === event.server) {
        return { place: { kind: 'empty' }, action: 'none' };
      }
      return place.kind === 'detaching' && place.old === event.server ? goOn(place) : stay(place);
    case 'next_at':
      return place.kind === 'empty'
        ? { place: { kind: 'waiting', until: event.until }, action: 'none' }
        : stay(place);
    case 'due':
      return place.kind === 'waiting' || place.kind === 'detaching' ? goOn(place) : stay(place);
    case 'restart':
      // There is nothing to restart: the next server is started now. A supervisor that is about to leave starts none.
      if (place.kind === 'waiting') return goOn(place);
      return place.kind === 'detaching' && !place.leaves ? goOn(place) : stay(place);
    case 'detach':
      if (place.kind !== 'serving') return stay(place);
      return {
        place: { kind: 'detaching', old: place.server, until: event.until, leaves: event.leaves },
        action: 'none',
      };
  }
}

/** When the event 'due' is needed. */
export function slotDueAt(place: ServerSlot<unknown>): number | undefined {
  return place.kind === 'waiting' || place.kind === 'detaching' ? place.until : undefined;
}

function goOn<S>(place: ServerSlot<S>): SlotStep<S> {
  if (place.kind === 'detaching' && place.leaves) {
    return { place: { kind: 'over', status: 0 }, action: 'leave' };
  }
  return { place: { kind: 'empty' }, action: 'start' };
}

function stay<S>(place: ServerSlot<S>): SlotStep<S> {
  return { place, action: 'none' };
}
