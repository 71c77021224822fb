import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { encodeBeat } from '../process/protocol';
import { BeatTimer } from './beat-timer';

/** That of a process: a frame into a pipe. */
export class Heartbeat extends BeatTimer {
  readonly #socket: Socket;
  readonly #fd: number;
  readonly #onBroken: () => void;

  constructor(fd: number, onBroken: () => void) {
    super();
    this.#fd = fd;
    this.#onBroken = onBroken;
    // Opening it makes the descriptor non-blocking: a frozen parent must not freeze its workers.
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.on('error', () => {});
    this.#socket.unref();
  }

  protected override beat(): void {
    try {
      writeSync(this.#fd, encodeBeat({ rssBytes: process.memoryUsage.rss() }));
    } catch (error) {
      // EAGAIN: the parent is slow to read, and has more beats than it needs.
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return;
      this.stop();
      this.#onBroken();
    }
  }
}
