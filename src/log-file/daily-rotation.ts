import { lstatSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { temporaryNameFor } from '../common/temporary-name';
import { AuditFile } from './audit-file';
import { compressLater } from './compress-later';
import { shiftGenerations } from './numbered-rotation';
import type { Rotation, RotationSettings } from './rotation';

const MESSAGE = Symbol.for('message');

/** The part of winston-daily-rotate-file that is used here. */
interface Rotator {
  on(event: 'new' | 'rotate' | 'logRemoved', listener: (path: string) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  log(info: object, done: () => void): void;
  close(): void;
}

/**
 * The file system for winston-daily-rotate-file: it discards everything. The package decides on names, days, sizes,
 * compression and deletion; our sink writes the bytes. Its own stream would lose what it still holds at exit, and end
 * permanently at the first full disk.
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

/** One file per day, `app.log.2026-11-22`; `app.log` is a symbolic link to it. */
export class DailyRotation implements Rotation {
  readonly #rotator: Rotator;
  readonly #link: string;
  readonly #audit: AuditFile | undefined;
  #path: string;
  #isNew = false;
  #isHeldUp = false;

  private constructor(link: string, rotator: Rotator, audit: AuditFile | undefined, path: string) {
    this.#link = link;
    this.#rotator = rotator;
    this.#audit = audit;
    this.#path = path;
    rotator.on('new', (next) => {
      this.#isNew ||= next !== this.#path;
      this.#path = next;
    });
  }

  /** @throws what the file system throws. */
  static async open(
    link: string,
    { age, sizeBytes, compress, mode }: RotationSettings & { readonly mode: number },
    onError: (error: unknown) => void,
  ): Promise<DailyRotation> {
    // A log from before daily rotation is in the place of the link.
    if (lstatSync(link, { throwIfNoEntry: false })?.isFile()) shiftGenerations(link, Math.max(2, age));
    const audit = age > 0 ? new AuditFile(link, age, mode) : undefined;
    audit?.check();
    const { default: DailyRotateFile } = await import('winston-daily-rotate-file');
    const rotator = new DailyRotateFile({
      filename: `${basename(link)}.%DATE%`,
      dirname: dirname(link),
      datePattern: 'YYYY-MM-DD',
      ...(audit ? { auditFile: audit.path } : {}),
      eol: '',
      options: { flags: 'a', fs: NOWHERE },
      ...(age > 0 ? { maxFiles: age } : {}),
      ...(sizeBytes > 0 ? { maxSize: sizeBytes } : {}),
    }) as unknown as Rotator;
    rotator.on('error', onError);
    if (compress) compressBy(rotator, onError);
    // The first name comes a tick later.
    const path = await new Promise<string>((resolve) => rotator.on('new', resolve));
    const rotation = new DailyRotation(link, rotator, audit, path);
    rotation.tend();
    return rotation;
  }

  get path(): string {
    return this.#path;
  }

  fileFor(batch: Buffer): string | undefined {
    if (this.#isHeldUp) return undefined;
    // It counts the bytes. If they begin another file, it emits 'new' before it returns.
    this.#rotator.log({ [MESSAGE]: batch.toString() }, () => {});
    if (!this.#isNew) return undefined;
    this.#isNew = false;
    this.tend();
    return this.#path;
  }

  /**
   * Makes sure that the link exists and leads to today's file. It is replaced in one step, so that it is never missing.
   */
  tend(): void {
    this.#isHeldUp = true;
    this.#audit?.prepare();
    this.#isHeldUp = false;
    const target = basename(this.#path);
    const there = lstatSync(this.#link, { throwIfNoEntry: false });
    if (there && !there.isSymbolicLink()) return;
    if (there && readlinkSync(this.#link) === target) return;
    const next = temporaryNameFor(this.#link);
    symlinkSync(target, next);
    renameSync(next, this.#link);
  }

  close(): void {
    this.#rotator.close();
  }
}

/** The rotator itself would open whatever is there, be it a link or a FIFO, and its files are readable by everybody. */
function compressBy(rotator: Rotator, onError: (error: unknown) => void): void {
  rotator.on('rotate', (old) => {
    compressLater([old], onError);
  });
  rotator.on('logRemoved', (old) => rmSync(`${old}.gz`, { force: true }));
}
