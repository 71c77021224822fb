import type { ServerState } from '../contract/status';

/** The state of a server, and what was requested of it. See ServerState. */
export interface ServerLife {
  readonly state: ServerState;
  /** The workers were started, and have not all ended as far as is known. */
  readonly hasWorkers: boolean;
  /** The next server starts when this one has ended. */
  readonly isAwaited: boolean;
  /** A graceful stop skips drainDelay: clients need not, or cannot, send requests elsewhere first. */
  readonly skipsDelay: boolean;
  /** Everything ends now. */
  readonly isImmediate: boolean;
  /** The first failure of the process itself. */
  readonly failure: ServerFailure | undefined;
}

export interface ServerFailure {
  readonly status: number;
  readonly why: string;
}

export type ServerEvent =
  /** beforeRun() is over, and there are workers to start. */
  | { readonly kind: 'prepared' }
  /** super.stop() was called, or the stop was enforced. */
  | { readonly kind: 'stop'; readonly graceful: boolean; readonly delayMs: number }
  | { readonly kind: 'delay_passed' }
  /** A detach was commanded: the next server takes over at once. */
  | { readonly kind: 'detach' }
  /** A stop was commanded: no next server will start. */
  | { readonly kind: 'stop_commanded' }
  /** The parent process is gone. */
  | { readonly kind: 'orphaned' }
  | { readonly kind: 'broken'; readonly failure: ServerFailure }
  | { readonly kind: 'workers_ended' }
  /** afterRun() is over. */
  | { readonly kind: 'over' };

export type ServerAction =
  | { readonly kind: 'start_workers' }
  /** From now on, beforeRun() is waited for only for a limited time. */
  | { readonly kind: 'bound_preparation' }
  /** The user's hooks are no longer waited for. */
  | { readonly kind: 'hurry' }
  | { readonly kind: 'begin_delay'; readonly delayMs: number }
  /** This process and those above it stop accepting, unless another tree takes over. */
  | { readonly kind: 'close_sockets' }
  /** Gracefully, after the sockets were closed. */
  | { readonly kind: 'stop_workers' }
  | { readonly kind: 'stop_workers_now' }
  /** The sockets that were kept for the next server. */
  | { readonly kind: 'let_sockets_go' };

export interface ServerStep {
  readonly life: ServerLife;
  readonly actions: readonly ServerAction[];
}

export const NEW_SERVER: ServerLife = {
  state: 'preparing',
  hasWorkers: false,
  isAwaited: false,
  skipsDelay: false,
  isImmediate: false,
  failure: undefined,
};

export function stepServer(life: ServerLife, event: ServerEvent): ServerStep {
  if (life.state === 'finished') return { life, actions: [] };
  switch (event.kind) {
    case 'prepared':
      // A stop may have come meanwhile.
      if (life.state !== 'preparing') return { life, actions: [] };
      return { life: { ...life, state: 'running', hasWorkers: true }, actions: [{ kind: 'start_workers' }] };
    case 'stop':
      return event.graceful ? stopGracefully(life, event.delayMs) : stopNow(life);
    case 'delay_passed':
      return endDelay(life);
    case 'detach':
      return endDelay({ ...life, isAwaited: true, skipsDelay: true });
    case 'stop_commanded':
      return {
        life: { ...life, isAwaited: false },
        actions: life.isAwaited ? [{ kind: 'let_sockets_go' }] : [],
      };
    case 'orphaned': {
      // At once, not only when the workers stop: the tree that replaces this one needs the ports.
      const { life: next, actions } = endDelay({ ...life, skipsDelay: true });
      return { life: next, actions: life.hasWorkers ? [{ kind: 'close_sockets' }, ...actions] : actions };
    }
    case 'broken':
      return {
        life: { ...life, skipsDelay: true, failure: life.failure ?? event.failure },
        actions: [],
      };
    case 'workers_ended':
      return { life: { ...life, state: 'stopping', hasWorkers: false }, actions: [] };
    case 'over':
      return { life: { ...life, state: 'finished' }, actions: [] };
  }
}

function stopGracefully(life: ServerLife, delayMs: number): ServerStep {
  switch (life.state) {
    case 'preparing':
      return { life: { ...life, state: 'stopping' }, actions: [{ kind: 'bound_preparation' }] };
    case 'running':
      if (delayMs > 0 && !life.skipsDelay)
        return { life: { ...life, state: 'draining' }, actions: [{ kind: 'begin_delay', delayMs }] };
      return { life: { ...life, state: 'stopping' }, actions: [{ kind: 'stop_workers' }] };
    case 'draining':
    case 'stopping':
    case 'finished':
      return { life, actions: [] };
  }
}

function stopNow(life: ServerLife): ServerStep {
  if (life.isImmediate) return { life, actions: [] };
  return {
    life: { ...life, state: 'stopping', isImmediate: true },
    actions: life.hasWorkers
      ? [{ kind: 'close_sockets' }, { kind: 'stop_workers_now' }, { kind: 'hurry' }]
      : [{ kind: 'hurry' }],
  };
}

function endDelay(life: ServerLife): ServerStep {
  if (life.state !== 'draining') return { life, actions: [] };
  return { life: { ...life, state: 'stopping' }, actions: [{ kind: 'stop_workers' }] };
}
