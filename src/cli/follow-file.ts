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
   * Files that were begun after this one, the oldest first, opened: by the next rotation each has another name. None, if
   * that came meanwhile: then the next look finds them.
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
    // This one was deleted, or is a file of a day: then only the current one counts.
    const wanted = isRotated ? [] : isFound ? newer : [current];
    for (const fd of newer) if (!wanted.includes(fd)) closeSync(fd);
    return [...wanted].reverse();
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

/** Undefined: nothing is there. */
function idAt(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && idOf(stats);
}
