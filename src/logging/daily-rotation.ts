import { existsSync, lstatSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { shiftGenerations } from './numbered-rotation';
import type { Rotation, RotationSettings } from './rotation';

const MESSAGE = Symbol.for('message');

/** The part of winston-daily-rotate-file that is used here. */
interface Rotator {
  on(event: 'new', listener: (path: string) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  log(info: object, done: () => void): void;
  close(): void;
}

/**
 * The file system that winston-daily-rotate-file writes to: nothing. It decides on names, days, sizes, what is
 * compressed and what is deleted; the bytes are written by our sink. Its own stream would lose what it still holds at
 * exit, and end for good at the first full disk.
 */
const NOWHERE = {
  open: (_path: string, _flags: string, _mode: number, done: (error: null, fd: number) => void) => {
    done(null, -1);
  },
  write: (
    _fd: number,
    _data: Buffer,
    _offset: number,
    length: number,
    _position: number | null,
    done: (error: null, written: number) => void,
  ) => {
    done(null, length);
  },
  close: (_fd: number, done: (error: null) => void) => {
    done(null);
  },
};

/** One file a day, `app.log.2026-11-22`; `app.log` is a symbolic link to it. */
export class DailyRotation implements Rotation {
  readonly #rotator: Rotator;
  readonly #link: string;
  #path: string;
  #isNew = false;

  private constructor(link: string, rotator: Rotator, path: string) {
    this.#link = link;
    this.#rotator = rotator;
    this.#path = path;
    rotator.on('new', (next) => {
      this.#isNew ||= next !== this.#path;
      this.#path = next;
    });
  }

  /** @throws what the file system throws. */
  static async open(
    link: string,
    { age, sizeBytes, compress }: RotationSettings,
    onError: (error: Error) => void,
  ): Promise<DailyRotation> {
    // A log from the time before: it would stand where the link is to be.
    if (lstatSync(link, { throwIfNoEntry: false })?.isFile()) shiftGenerations(link, Math.max(2, age));
    const { default: DailyRotateFile } = await import('winston-daily-rotate-file');
    const rotator = new DailyRotateFile({
      filename: `${basename(link)}.%DATE%`,
      dirname: dirname(link),
      datePattern: 'YYYY-MM-DD',
      auditFile: auditFileOf(link),
      zippedArchive: compress,
      eol: '',
      options: { flags: 'a', fs: NOWHERE },
      ...(age > 0 ? { maxFiles: age } : {}),
      ...(sizeBytes > 0 ? { maxSize: sizeBytes } : {}),
    }) as unknown as Rotator;
    rotator.on('error', onError);
    // The first name comes a tick later.
    const path = await new Promise<string>((resolve) => rotator.on('new', resolve));
    const rotation = new DailyRotation(link, rotator, path);
    rotation.tend();
    return rotation;
  }

  get path(): string {
    return this.#path;
  }

  get files(): readonly string[] {
    return [this.#path, auditFileOf(this.#link)].filter((file) => existsSync(file));
  }

  fileFor(batch: Buffer): string | undefined {
    // It counts the bytes, and says by its event 'new', before it returns, when they begin another file.
    this.#rotator.log({ [MESSAGE]: batch.toString() }, () => {});
    if (!this.#isNew) return undefined;
    this.#isNew = false;
    this.tend();
    return this.#path;
  }

  /** The link is there and leads to today's file; replaced in one step, so that it is never missing. */
  tend(): void {
    const target = basename(this.#path);
    const there = lstatSync(this.#link, { throwIfNoEntry: false });
    if (there && !there.isSymbolicLink()) return;
    if (there && readlinkSync(this.#link) === target) return;
    const next = `${this.#link}.${String(process.pid)}.tmp`;
    rmSync(next, { force: true });
    symlinkSync(target, next);
    renameSync(next, this.#link);
  }

  close(): void {
    this.#rotator.close();
  }
}

/** Where winston-daily-rotate-file keeps the list of the files that it may delete. */
function auditFileOf(link: string): string {
  return join(dirname(link), `.${basename(link)}.audit.json`);
}
