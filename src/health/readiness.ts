import type { BootMessage } from '../protocol/protocol';

/** The state of a listen() of the worker: it waits for its socket, has failed, or has it. */
type Listen = 'asked' | 'failed' | 'listening';

/**
 * Whether a worker can serve, in the sense of the key `workerReady`.
 *
 * - `auto`: run() was entered, and the servers on which it called listen() do listen.
 * - `listening`: the first of its servers listens.
 * - `explicit`: it has called ready().
 */
export interface Readiness {
  readonly mode: BootMessage['ready'];
  /** Never goes back to false. */
  readonly isReady: boolean;
  /** run() has executed up to its first wait. */
  readonly hasEntered: boolean;
  readonly listens: ReadonlyMap<object, Listen>;
}

export type ReadinessEvent =
  | { readonly kind: 'entered' | 'called' }
  /** closed: by its owner, or after it has served. */
  | { readonly kind: 'asked' | 'failed' | 'listening' | 'closed'; readonly socket: object };

export function begin(mode: Readiness['mode']): Readiness {
  return { mode, isReady: false, hasEntered: false, listens: new Map() };
}

export function next(state: Readiness, event: ReadinessEvent): Readiness {
  if (state.isReady) return state;
  const taken = take(state, event);
  if (event.kind !== 'called') return { ...taken, isReady: isReady(taken) };
  return { ...taken, isReady: state.mode === 'explicit' };
}

function take(state: Readiness, event: ReadinessEvent): Readiness {
  switch (event.kind) {
    case 'entered':
      return { ...state, hasEntered: true };
    case 'called':
      return state;
    case 'asked':
      // A second listen() on a listening server throws, and changes nothing.
      return state.listens.get(event.socket) === 'listening'
        ? state
        : withListen(state, event.socket, 'asked');
    case 'failed':
      return state.listens.get(event.socket) === 'asked' ? withListen(state, event.socket, 'failed') : state;
    case 'listening':
      return withListen(state, event.socket, 'listening');
    case 'closed': {
      const listens = new Map(state.listens);
      listens.delete(event.socket);
      return { ...state, listens };
    }
  }
}

function withListen(state: Readiness, socket: object, listen: Listen): Readiness {
  return { ...state, listens: new Map(state.listens).set(socket, listen) };
}

function isReady({ mode, hasEntered, listens }: Readiness): boolean {
  const all = [...listens.values()];
  switch (mode) {
    case 'auto':
      // A failure that the program tolerates, for example of one of two addresses, does not matter once another one
      // listens.
      return hasEntered && !all.includes('asked') && (!all.includes('failed') || all.includes('listening'));
    case 'listening':
      return hasEntered && all.includes('listening');
    case 'explicit':
      return false;
  }
}
