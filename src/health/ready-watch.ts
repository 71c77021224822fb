import { errorMonitor, type EventEmitter } from 'node:events';
import { begin, next, type Readiness, type ReadinessEvent } from './readiness';

/** Watches the servers of a worker until it can serve. */
export class ReadyWatch {
  readonly #onReady: () => void;
  readonly #onIgnoredCall: () => void;
  readonly #watched = new WeakSet<object>();
  #state: Readiness;
  #isCallIgnored = false;

  /** @param onIgnoredCall ready() was called, which has no effect in this mode. Called once. */
  constructor(mode: Readiness['mode'], onReady: () => void, onIgnoredCall: () => void) {
    this.#state = begin(mode);
    this.#onReady = onReady;
    this.#onIgnoredCall = onIgnoredCall;
  }

  /** run() has executed up to its first wait. */
  entered(): void {
    // A listen() that follows a settled promise still belongs to that.
    setImmediate(() => this.#take({ kind: 'entered' }));
  }

  /** The worker has called ready(). */
  called(): void {
    if (this.#state.mode === 'explicit') this.#take({ kind: 'called' });
    else if (!this.#isCallIgnored) {
      this.#isCallIgnored = true;
      this.#onIgnoredCall();
    }
  }

  /** A server or a datagram socket is about to listen. May be called again for the same one. */
  asked(socket: EventEmitter): void {
    if (this.#state.isReady) return;
    if (!this.#watched.has(socket)) this.#watch(socket);
    this.#take({ kind: 'asked', socket });
  }

  /** Its listen() threw. */
  failed(socket: EventEmitter): void {
    this.#take({ kind: 'failed', socket });
  }

  #watch(socket: EventEmitter): void {
    this.#watched.add(socket);
    socket.on('listening', () => this.#take({ kind: 'listening', socket }));
    socket.on('close', () => this.#take({ kind: 'closed', socket }));
    // Not for 'error' itself: with our listener, a port that is in use would no longer be an error.
    socket.on(errorMonitor, () => this.#take({ kind: 'failed', socket }));
  }

  #take(event: ReadinessEvent): void {
    const before = this.#state;
    this.#state = next(before, event);
    if (this.#state.isReady && !before.isReady) this.#onReady();
  }
}
