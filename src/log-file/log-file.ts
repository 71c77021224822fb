import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, statSync } from 'node:fs';
import { openForAppending, streamBehind } from './open-log';
import { NONBLOCK } from '../common/open-flags';

// Without NONBLOCK, which Windows lacks, a FIFO that appeared a moment ago would block us.
const READ = constants.O_RDONLY | NONBLOCK;
const NEWLINE = 0x0a;
/** No record is longer. */
const LONGEST_LINE_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** An open log file, to which several processes may append. */
export class LogFile {
  readonly path: string;
  readonly fd: number;
  /** A device, a terminal, a FIFO or an open stream of ours is neither rotated nor cut. */
  readonly isRegular: boolean;
  /** The descriptor existed before: we must not close it. */
  readonly #isStream: boolean;

  /**
   * @param mode for a new file.
   * @throws what the file system throws, or why what is there cannot be a log file.
   */
  constructor(path: string, mode: number) {
    const stream = streamBehind(path);
    this.path = path;
    this.#isStream = stream !== undefined;
    this.fd = stream ?? openForAppending(path, mode);
    this.isRegular = fstatSync(this.fd).isFile() && !this.#isStream;
  }

  get size(): number {
    return this.isRegular ? fstatSync(this.fd).size : 0;
  }

  /** Another file, or none, is at its path by now: it was renamed or deleted. */
  get isMoved(): boolean {
    if (this.#isStream) return false;
    const there = statSync(this.path, { throwIfNoEntry: false });
    if (!there) return true;
    const ours = fstatSync(this.fd);
    return there.ino !== ours.ino || there.dev !== ours.dev;
  }

  /** The file has no name any more: nobody will read what is written to it. */
  get isDeleted(): boolean {
    return this.isRegular && fstatSync(this.fd).nlink === 0;
  }

  /** Removes the last bytes: a part of a line whose rest goes elsewhere. */
  cut(bytes: number): void {
    if (this.isRegular) ftruncateSync(this.fd, Math.max(0, this.size - bytes));
  }

  close(): void {
    if (!this.#isStream) closeSync(this.fd);
  }
}

/** Whether a log at this path is a file that can be moved: nothing yet, or a regular file. */
export function canRotate(path: string): boolean {
  if (streamBehind(path) !== undefined) return false;
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
}

/**
 * A writer that was killed in the middle of a line leaves half of it at the end. This removes it, so that the next line
 * does not continue it.
 * @returns its text; undefined: the file ends as it should.
 */
export function cutHalfLine(file: LogFile): string | undefined {
  const { size } = file;
  if (size === 0) return undefined;
  const half = halfLineOf(file, size);
  if (half === undefined || half.length === 0) return undefined;
  file.cut(half.length);
  return half.toString();
}

/** What follows the last newline; undefined if it cannot be read, or is not a line at all. */
function halfLineOf(file: LogFile, size: number): Buffer | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(file.path, READ);
    if (fstatSync(fd).ino !== fstatSync(file.fd).ino) return undefined;
    let half = Buffer.alloc(0);
    for (let end = size; end > 0 && half.length <= LONGEST_LINE_BYTES; end -= CHUNK_BYTES) {
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, end));
      if (readSync(fd, chunk, 0, chunk.length, end - chunk.length) !== chunk.length) return undefined;
      const newline = chunk.lastIndexOf(NEWLINE);
      if (newline >= 0) return Buffer.concat([chunk.subarray(newline + 1), half]);
      half = Buffer.concat([chunk, half]);
    }
    return half.length <= LONGEST_LINE_BYTES ? half : undefined;
  } catch {
    // Writable, but not readable: then its end is unknown.
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
