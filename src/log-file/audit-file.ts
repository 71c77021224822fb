import { closeSync, constants, lstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { irregularity } from '../common/file-kind';
import { NOFOLLOW, NONBLOCK } from '../common/open-flags';

/**
 * Where winston-daily-rotate-file keeps the list of the files that it will delete. It reads and writes the file by its
 * path, whatever is there: a FIFO would block the process, a link would let another file be overwritten.
 */
export class AuditFile {
  readonly path: string;
  readonly #log: string;
  readonly #age: number;
  readonly #mode: number;

  constructor(log: string, age: number, mode: number) {
    this.path = join(dirname(log), `.${basename(log)}.audit.json`);
    this.#log = log;
    this.#age = age;
    this.#mode = mode;
  }

  /**
   * Makes sure that it exists, is our file, and is not readable by users who may not read the log.
   * @throws when something else is there.
   */
  prepare(): void {
    const there = lstatSync(this.path, { throwIfNoEntry: false });
    const kind = there && irregularity(there);
    if (kind !== undefined) throw new Error(`${this.path} is ${kind}, not a list of log files. Remove it.`);
    if (!there) this.#write(constants.O_EXCL, []);
  }

  /** Removes entries that do not belong to our log: everything in the list is deleted some day. */
  check(): void {
    this.prepare();
    const listed = this.#read();
    const ours = listed?.filter(({ name }) => this.#isOurs(name)) ?? [];
    if (listed?.length !== ours.length) this.#write(constants.O_TRUNC, ours);
  }

  #isOurs(name: unknown): boolean {
    if (typeof name !== 'string' || dirname(name) !== dirname(this.#log)) return false;
    return basename(name).startsWith(`${basename(this.#log)}.`);
  }

  /** Undefined: it is not a valid list. With such a file no old log would be deleted any more. */
  #read(): readonly { readonly name?: unknown }[] | undefined {
    const fd = openSync(this.path, constants.O_RDONLY | NOFOLLOW | NONBLOCK);
    try {
      const { files } = JSON.parse(readFileSync(fd, 'utf8')) as { files?: unknown };
      return Array.isArray(files) ? (files as { name?: unknown }[]) : undefined;
    } catch {
      return undefined;
    } finally {
      closeSync(fd);
    }
  }

  #write(how: number, files: readonly object[]): void {
    const flags = constants.O_WRONLY | constants.O_CREAT | NOFOLLOW | NONBLOCK | how;
    const fd = openSync(this.path, flags, this.#mode);
    try {
      const keep = { days: false, amount: this.#age };
      writeSync(fd, JSON.stringify({ keep, auditLog: this.path, files, hashType: 'sha256' }, null, 4));
    } finally {
      closeSync(fd);
    }
  }
}
