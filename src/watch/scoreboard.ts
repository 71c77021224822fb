import { closeSync, readSync, writeSync } from 'node:fs';
import { BoardReader, RECORD_BYTES, type BoardPlace, type BoardRecord } from '../protocol/board-record';
import { openUnnamedFile, type UnnamedFile } from '../common/unnamed-file';

// The board first has room for this many workers; it doubles when there are more.
const FIRST_ROOM = 32;

/** The record of one start. */
export interface BoardEntry {
  readonly place: BoardPlace;
  /** What the worker has written last, as far as it was read. */
  readonly last: BoardRecord | undefined;
}

/** One entry, as the board keeps it. */
interface Kept extends BoardEntry {
  last: BoardRecord | undefined;
}

/**
 * How the workers of one process report that they are alive: each writes its record into a file without a name, and all
 * records are read at once. So 200 workers cost the process above them hardly more than one; with one pipe each they
 * woke it 200 times a second.
 *
 * - Read and written by system calls, not mapped: a worker that truncates the file does no harm.
 * - Each start has its own record and serial. The record is reused when the worker has ended; late writes of that
 *   worker are recognized by its serial.
 */
export class Scoreboard {
  readonly #open: () => UnnamedFile | undefined;
  #file: UnnamedFile | undefined | 'none';
  #bytes = new Uint8Array(0);
  #reader = new BoardReader(this.#bytes);
  #serial = 0;
  readonly #free: number[] = [];
  #room = 0;
  readonly #entries = new Set<Kept>();

  constructor(open: () => UnnamedFile | undefined = openUnnamedFile) {
    this.#open = open;
  }

  /** A record for a start. Undefined: there is no board, or no room on its disk: then the worker beats into its pipe. */
  claim(): BoardEntry | undefined {
    this.#file ??= this.#open() ?? 'none';
    if (this.#file === 'none') return undefined;
    if (this.#free.length === 0 && !this.#grow(this.#file)) return undefined;
    const index = this.#free.shift();
    if (index === undefined) return undefined;
    this.#serial += 1;
    const entry: Kept = { place: { ...this.#file, index, serial: this.#serial }, last: undefined };
    this.#entries.add(entry);
    return entry;
  }

  /** Its worker has ended. A second call has no effect. */
  release(entry: BoardEntry): void {
    if (!this.#entries.delete(entry)) return;
    // The record that has been free longest comes first, so that a record is seldom reused at once.
    this.#free.push(entry.place.index);
    if (this.#entries.size === 0) this.#close();
  }

  /** One read for all. Records that cannot be read stay as they were. */
  read(): void {
    if (this.#file === undefined || this.#file === 'none' || this.#entries.size === 0) return;
    try {
      // Records that a worker has truncated stay as they were: the next beat writes them again.
      readSync(this.#file.fd, this.#bytes, 0, this.#bytes.length, 0);
    } catch {
      return;
    }
    for (const entry of this.#entries) {
      const { index, serial } = entry.place;
      entry.last = this.#reader.record(index, serial) ?? entry.last;
    }
  }

  /** No worker is left: a process that goes on without workers keeps nothing of it. */
  #close(): void {
    if (this.#file !== undefined && this.#file !== 'none') closeSync(this.#file.fd);
    this.#file = undefined;
    this.#free.length = 0;
    this.#room = 0;
  }

  /** Written, not only extended: a full disk then fails here, not in a worker. */
  #grow({ fd }: UnnamedFile): boolean {
    const room = Math.max(FIRST_ROOM, this.#room * 2);
    const added = new Uint8Array((room - this.#room) * RECORD_BYTES);
    try {
      if (writeSync(fd, added, 0, added.length, this.#room * RECORD_BYTES) < added.length) return false;
    } catch {
      return false;
    }
    for (let index = this.#room; index < room; index += 1) this.#free.push(index);
    this.#room = room;
    this.#bytes = new Uint8Array(room * RECORD_BYTES);
    this.#reader = new BoardReader(this.#bytes);
    return true;
  }
}
