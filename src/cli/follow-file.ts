import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { NONBLOCK } from '../common/open-flags';
import { LineSplitter } from '../record/line-splitter';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** How many numbered generations are searched for the file that was read. */
const MOST_GENERATIONS = 100;

/**
 * Reads a log file as it grows, and follows it through rotations: it first reads the rest of the file that was renamed,
 * then the files in between, then the new one.
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

  /** Gives the last `count` lines, and everything that follows. */
  last(count: number): readonly string[] {
    const { size } = fstatSync(this.#fd);
    this.#position = startOfLast(count, size, (at, buffer) =>
      readSync(this.#fd, buffer, 0, buffer.length, at),
    );
    return this.#rest();
  }

  /** Gives what is new. */
  next(): readonly string[] {
    const lines = [...this.#rest()];
    const there = idAt(this.#path);
    // The file was renamed, and the new one is not there yet.
    if (there === undefined) return lines;
    const own = idOf(fstatSync(this.#fd));
    if (there === own) {
      // The file was cut by logrotate with copytruncate.
      if (fstatSync(this.#fd).size < this.#position) this.#position = 0;
      return lines;
    }
    for (const fd of this.#openSince(own)) {
      lines.push(...this.#rest(), ...this.#endOfFile());
      closeSync(this.#fd);
      this.#fd = fd;
      this.#position = 0;
    }
    lines.push(...this.#rest());
    return lines;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /**
   * Files that were begun after this one, oldest first, already opened: the next rotation would rename each of them. Returns none if
   * that happened meanwhile: then the next look finds them.
   */
  #openSince(own: string): readonly number[] {
    const newer: number[] = [];
    let isFound = false;
    for (let index = -1; index < MOST_GENERATIONS && !isFound; index += 1) {
      const fd = openIfThere(index < 0 ? this.#path : `${this.#path}.${String(index)}`);
      if (fd === undefined) break;
      isFound = idOf(fstatSync(fd)) === own;
      if (isFound) closeSync(fd);
      else newer.push(fd);
    }
    const [current] = newer;
    const isRotated = current === undefined || idAt(this.#path) !== idOf(fstatSync(current));
    // This file was deleted, or belongs to one day: then only the current one counts.
    const wanted = isRotated ? [] : isFound ? newer : [current];
    for (const fd of newer) if (!wanted.includes(fd)) closeSync(fd);
    return [...wanted].reverse();
  }

  /** Half a line at the end of a file that nobody writes to any more. */
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

/** Where the last `count` lines of a file of that size begin. */
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
  // If the path has become a FIFO, opening it must not block.
  return openSync(path, constants.O_RDONLY | NONBLOCK);
}

function openIfThere(path: string): number | undefined {
  try {
    return open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function idOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${String(dev)}:${String(ino)}`;
}

/** Undefined: there is no such file. */
function idAt(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && idOf(stats);
}
