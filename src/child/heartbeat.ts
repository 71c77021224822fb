import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { monotonicMs } from '../common/clock';
import { encodeBeat } from '../process/protocol';
import { BeatLateness } from './beat-lateness';
import type { WorkerHeartbeat } from './worker-place';

/**
 * Beats from the worker's own event loop: a blocked loop misses its beats, which is the point.
 * While `hold()` is in force the timer also keeps the process alive.
 */
export class Heartbeat implements WorkerHeartbeat {
  readonly lateness = new BeatLateness();
  readonly #socket: Socket;
  readonly #fd: number;
  readonly #onBroken: () => void;
  #timer: NodeJS.Timeout | undefined;
  #held = false;

  constructor(fd: number, onBroken: () => void) {
    this.#fd = fd;
    this.#onBroken = onBroken;
    // Opening it makes the descriptor non-blocking: a frozen parent must not freeze its workers.
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.on('error', () => {});
    this.#socket.unref();
  }

  start(intervalMs: number): void {
    clearInterval(this.#timer);
    this.lateness.restart();
    this.lateness.beat(monotonicMs(), intervalMs);
    this.#timer = setInterval(() => {
      this.lateness.beat(monotonicMs(), intervalMs);
      this.#beat();
    }, intervalMs);
    if (!this.#held) this.#timer.unref();
    this.#beat();
  }

  /** Keeps the event loop alive: run() may wait for nothing but stop. */
  hold(): void {
    this.#held = true;
    this.#timer?.ref();
  }

  release(): void {
    this.#held = false;
    this.#timer?.unref();
  }

  #beat(): void {
    try {
      writeSync(this.#fd, encodeBeat({ rssBytes: process.memoryUsage.rss() }));
    } catch (error) {
      // EAGAIN: the parent is slow to read, and has more beats than it needs.
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return;
      clearInterval(this.#timer);
      this.#onBroken();
    }
  }
}
