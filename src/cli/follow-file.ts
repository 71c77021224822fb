import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { NONBLOCK } from '../common/open-flags';
import { LineSplitter } from '../record/line-splitter';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Numbered generations that are looked through for the file that was read. */
const MOST_GENERATIONS = 100;

/**
 * A log file that is read as it grows. It is followed through rotations: what is left in the file that was renamed is
 * read first, then those between, then the new one.
 */
export class FollowedFile {
  readonly #path: string;
  #fd: number;
  #position = 0;
  #splitter = new LineSplitter();
  readonly #buffer = Buffer.alloc(CHUNK_BYTES);

  /** @throws what the file system throws. */
  constructor(path: string) {
    this.#path = path;
    this.#fd = open(path);
  }

  /** The last `count` lines, and from there on everything that comes. */
  last(count: number): readonly string[] {
    const { size } = fstatSync(this.#fd);
    this.#position = startOfLast(count, size, (at, buffer) =>
      readSync(this.#fd, buffer, 0, buffer.length, at),
    );
    return this.#rest();
  }

  /** What has come since. */
  next(): readonly string[] {
    const lines = [...this.#rest()];
    const there = idAt(this.#path);
    // It was renamed, and the new one is not there yet.
    if (there === undefined) return lines;
    const own = idOf(fstatSync(this.#fd));
    if (there === own) {
      // Cut by logrotate with copytruncate.
      if (fstatSync(this.#fd).size < this.#position) this.#position = 0;
      return lines;
    }
    for (const path of [...this.#generationsSince(own), this.#path]) {
      lines.push(...this.#rest(), ...this.#endOfFile());
      closeSync(this.#fd);
      this.#fd = open(path);
      this.#position = 0;
    }
    lines.push(...this.#rest());
    return lines;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Files that were begun after this one and renamed already, the oldest first. */
  #generationsSince(own: string): readonly string[] {
    const newer: string[] = [];
    for (let index = 0; index < MOST_GENERATIONS; index += 1) {
      const path = `${this.#path}.${String(index)}`;
      const id = idAt(path);
      if (id === own) return newer.reverse();
      if (id === undefined) break;
      newer.push(path);
    }
    // It was deleted, or is a file of a day.
    return [];
  }

  /** Half a line in a file that nobody writes to any more. */
  #endOfFile(): readonly string[] {
    const half = this.#splitter.flush();
    this.#splitter = new LineSplitter();
    return half === undefined ? [] : [half];
  }

  #rest(): readonly string[] {
    const lines: string[] = [];
    for (;;) {
      const bytes = readSync(this.#fd, this.#buffer, 0, CHUNK_BYTES, this.#position);
      if (bytes === 0) return lines;
      this.#position += bytes;
      lines.push(...this.#splitter.push(Buffer.from(this.#buffer.subarray(0, bytes))));
    }
  }
}

/** Where the last `count` lines begin, in a file of that size. */
export function startOfLast(
  count: number,
  size: number,
  read: (at: number, buffer: Buffer) => number,
): number {
  if (count === 0) return size;
  let left = count + 1;
  for (let end = size; end > 0; end -= CHUNK_BYTES) {
    const from = Math.max(0, end - CHUNK_BYTES);
    const buffer = Buffer.alloc(end - from);
    read(from, buffer);
    for (let index = buffer.length - 1; index >= 0; index -= 1) {
      if (buffer[index] !== NEWLINE) {
        // The last line may have no end yet.
        if (from + index === size - 1) left -= 1;
        continue;
      }
      left -= 1;
      if (left === 0) return from + index + 1;
    }
  }
  return 0;
}

function open(path: string): number {
  // One that has become a FIFO must not hold us.
  return openSync(path, constants.O_RDONLY | NONBLOCK);
}

function idOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${String(dev)}:${String(ino)}`;
}

/** Undefined: nothing is there. */
function idAt(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && idOf(stats);
}
