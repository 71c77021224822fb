import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { residentBytes } from '../common/resident-memory';
import { encodeBeat } from '../protocol/protocol';
import { BeatTimer } from '../health/beat-timer';
import type { BeatBoard } from './board-writer';

/** The other end is closed: its process has ended. Every other failure is our own, and may be gone at the next beat. */
const PARENT_GONE: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET']);

/**
 * The heartbeat of a process. The first beat goes into a pipe, so that the process above learns at once that we are up;
 * later beats go to the scoreboard if possible. A beat needs only open descriptors: a process that is short of
 * everything else still beats.
 */
export class Heartbeat extends BeatTimer {
  readonly #socket: Socket;
  readonly #fd: number;
  readonly #onParentGone: () => void;
  readonly #board: BeatBoard | undefined;
  #rssBytes: number | undefined;
  #hasSaidHello = false;

  constructor(fd: number, onParentGone: () => void, board?: BeatBoard) {
    super();
    this.#board = board;
    this.#fd = fd;
    this.#onParentGone = onParentGone;
    // Opening it makes the descriptor non-blocking: a frozen parent must not freeze its workers.
    const isRead = board !== undefined;
    this.#socket = new Socket({ fd, readable: isRead, writable: true, allowHalfOpen: true });
    this.#socket.on('error', () => {});
    // Without writing to the pipe, the process would not notice that the other end is gone.
    if (isRead) this.#socket.once('end', () => this.#parentIsGone()).resume();
    this.#socket.unref();
  }

  protected override beat(lateMs: number): void {
    const isOnBoard = this.#board?.write(lateMs) ?? false;
    if (isOnBoard && this.#hasSaidHello) return;
    this.#rssBytes = residentBytes() ?? this.#rssBytes;
    try {
      writeSync(this.#fd, encodeBeat({ rssBytes: this.#rssBytes }));
      this.#hasSaidHello = true;
    } catch (error) {
      this.#onFailed((error as NodeJS.ErrnoException).code ?? '');
    }
  }

  /** EAGAIN, for example: the parent is slow to read, and has more beats than it needs. */
  #onFailed(code: string): void {
    if (PARENT_GONE.has(code)) this.#parentIsGone();
    // Code in this process closed our descriptor, and the parent notices. The number may soon belong to another file.
    else if (code === 'EBADF') this.stop();
  }

  #parentIsGone(): void {
    this.stop();
    this.#onParentGone();
  }
}
