import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { residentBytes } from '../common/resident-memory';
import { encodeBeat } from '../process/protocol';
import { BeatTimer } from './beat-timer';

/** The other end is closed: its process has ended. Every other failure is our own, and may be over at the next beat. */
const PARENT_GONE: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET']);

/** That of a process: a frame into a pipe. It needs nothing but the pipe: a process that is short of all else still beats. */
export class Heartbeat extends BeatTimer {
  readonly #socket: Socket;
  readonly #fd: number;
  readonly #onParentGone: () => void;
  #rssBytes: number | undefined;

  constructor(fd: number, onParentGone: () => void) {
    super();
    this.#fd = fd;
    this.#onParentGone = onParentGone;
    // Opening it makes the descriptor non-blocking: a frozen parent must not freeze its workers.
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.on('error', () => {});
    this.#socket.unref();
  }

  protected override beat(): void {
    this.#rssBytes = residentBytes() ?? this.#rssBytes;
    try {
      writeSync(this.#fd, encodeBeat({ rssBytes: this.#rssBytes }));
    } catch (error) {
      this.#onFailed((error as NodeJS.ErrnoException).code ?? '');
    }
  }

  /** EAGAIN, for one: the parent is slow to read, and has more beats than it needs. */
  #onFailed(code: string): void {
    const isGone = PARENT_GONE.has(code);
    // Somebody closed our descriptor, and the parent sees that. Soon its number may be that of another file.
    if (isGone || code === 'EBADF') this.stop();
    if (isGone) this.#onParentGone();
  }
}
