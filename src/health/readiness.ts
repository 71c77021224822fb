import type { BootMessage } from '../protocol/protocol';

/** What a worker has asked to listen: it waits for its socket, could not have it, or has it. */
type Listen = 'asked' | 'failed' | 'listening';

/**
 * Whether a worker is able to serve, as the configuration says that it is told (`workerReady`).
 *
 * - `auto`: run() was entered, and what it asked to listen does.
 * - `listening`: the first of its servers listens.
 * - `explicit`: it has called ready().
 */
export interface Readiness {
  readonly mode: BootMessage['ready'];
  /** There is no way back. */
  readonly isReady: boolean;
  /** run() has done what it does before it first waits. */
  readonly hasEntered: boolean;
  readonly listens: ReadonlyMap<object, Listen>;
}

export type ReadinessEvent =
  | { readonly kind: 'entered' | 'called' }
  /** closed: given up by its owner, or after it has served. */
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
      // A second listen() of one that listens throws, and changes nothing.
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
      // A failure that its program lives with, of one of two addresses say, is no obstacle once another listens.
      return hasEntered && !all.includes('asked') && (!all.includes('failed') || all.includes('listening'));
    case 'listening':
      return hasEntered && all.includes('listening');
    case 'explicit':
      return false;
  }
}
