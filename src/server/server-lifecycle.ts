import { BlockingFlag } from '../common/blocking-flag';
import type { Clock, ClockTimer } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { Emit } from '../contract/event-hub';
import type { ServerState } from '../contract/status';
import type { Logger } from '../record/logger';
import type { SocketSource } from '../sockets/socket-registry';
import { Deadline } from '../common/deadline';
import type { Pools } from './pools';
import {
  NEW_SERVER,
  stepServer,
  type ServerAction,
  type ServerEvent,
  type ServerFailure,
} from './server-life';
import type { ServerSockets } from '../sockets/server-sockets';
import { bootStopMs } from '../common/stop-limits';

export interface ServerLifecycleDeps {
  readonly pools: Pools;
  /** The sockets that this process listens on. */
  readonly own: ServerSockets;
  /** The sockets that it holds for the workers. */
  readonly sockets: SocketSource;
  readonly engine: () => EngineConfig;
  readonly generation: number;
  readonly emit: Emit;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Keeps the state of a server, and performs what follows from each change: see server-life. */
export class ServerLifecycle {
  readonly #deps: ServerLifecycleDeps;
  /** How long a graceful stop waits for beforeRun(). */
  readonly #startLimit: Deadline;
  /** An immediate stop waits for no hook. */
  readonly #isHurried = new BlockingFlag();
  #life = NEW_SERVER;
  #delay: ClockTimer | undefined;

  constructor(deps: ServerLifecycleDeps) {
    this.#deps = deps;
    this.#startLimit = new Deadline(deps.clock);
  }

  get state(): ServerState {
    return this.#life.state;
  }

  /** A stop has begun. */
  get isEnding(): boolean {
    return this.#life.state !== 'preparing' && this.#life.state !== 'running';
  }

  get failure(): ServerFailure | undefined {
    return this.#life.failure;
  }

  /** Resolves when hooks are no longer waited for. */
  get hurried(): Promise<unknown> {
    return this.#isHurried.waitForSet();
  }

  /** Resolves when a graceful stop no longer waits for beforeRun(). */
  get startLimit(): Promise<void> {
    return this.#startLimit.passed;
  }

  /** The only method that changes the state. */
  step(event: ServerEvent): void {
    const { life, actions } = stepServer(this.#life, event);
    const before = this.#life.state;
    this.#life = life;
    if (life.state !== before) {
      if (before === 'draining') this.#delay?.cancel();
      this.announce();
    }
    for (const action of actions) this.#perform(action);
  }

  /** Reports the state to the log and the listeners. */
  announce(): void {
    const { emit, logger, generation } = this.#deps;
    const { state } = this.#life;
    logger.debug('the state of the server has changed', { state });
    emit('serverState', { state, pid: process.pid, generation });
  }

  end(): void {
    this.step({ kind: 'over' });
    this.#startLimit.cancel();
  }

  #perform(action: ServerAction): void {
    const { pools, sockets, engine, clock, logger } = this.#deps;
    switch (action.kind) {
      case 'start_workers':
        pools.start();
        return;
      case 'bound_preparation': {
        const limitMs = bootStopMs(engine().workerGracefulKillTimeoutMs);
        this.#startLimit.set(limitMs, () =>
          logger.warn('beforeRun() has not ended; the server stops without it', { limitMs }),
        );
        return;
      }
      case 'hurry':
        this.#isHurried.set();
        return;
      case 'begin_delay': {
        const { delayMs } = action;
        this.#delay = clock.after(delayMs, () => this.step({ kind: 'delay_passed' }));
        logger.info('draining: the workers go on, then stop', { delayMs });
        return;
      }
      case 'close_sockets':
        void this.#closeSockets();
        return;
      case 'stop_workers':
        void this.#closeSockets().then(() => pools.stop(true, this.#life.isAwaited));
        return;
      case 'stop_workers_now':
        pools.stop(false, false);
        return;
      case 'let_sockets_go':
        void sockets.letGo();
    }
  }

  /**
   * First every process above the workers closes its listening sockets. Then the workers accept what is queued there
   * and close theirs; the last one ends the socket. In any other order, queued connections would be reset. Never
   * rejects.
   */
  async #closeSockets(): Promise<void> {
    const { own, sockets, logger } = this.#deps;
    try {
      const accepting = own.acceptNoMore();
      // The next server may ask this one for copies of the sockets that its socket manager has.
      const held = this.#life.isAwaited ? undefined : sockets.letGo();
      await Promise.all([accepting, held]);
    } catch (error) {
      logger.error('the listening sockets could not be closed; the workers stop anyway', { error });
    }
  }
}
