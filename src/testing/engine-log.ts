import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { LogLevel } from '../record/logger';
import type { CapturedRecord } from './captured-log';

/** One record in the log of a test engine. */
export interface EngineRecord extends CapturedRecord {
  /** Which process has written it: main, server, worker… */
  readonly role: string;
  /** The id of the worker that has written it. */
  readonly worker?: number | undefined;
  /** The pid of the process that has written it. */
  readonly pid: number;
}

const CHUNK_BYTES = 64 * 1024;

/** The log of a test engine, read as it grows. */
export class EngineLog {
  readonly #records: EngineRecord[] = [];
  #path: string;
  #at = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /** Everything that was logged so far. */
  read(): readonly EngineRecord[] {
    for (const line of this.#newLines()) {
      const record = recordOf(line);
      if (record) this.#records.push(record);
    }
    return this.#records;
  }

  /** The file has another name now. */
  moved(path: string): void {
    this.#path = path;
  }

  /** The log goes on in another file. */
  goOnIn(path: string): void {
    this.read();
    this.#path = path;
    this.#at = 0;
    this.#rest = Buffer.alloc(0);
  }

  #newLines(): readonly string[] {
    const all = Buffer.concat([this.#rest, ...this.#newChunks()]);
    const end = all.lastIndexOf('\n') + 1;
    this.#rest = all.subarray(end);
    return all.subarray(0, end).toString().split('\n').slice(0, -1);
  }

  *#newChunks(): Generator<Buffer> {
    let fd: number;
    try {
      fd = openSync(this.#path, 'r');
    } catch {
      // The engine has not created it yet.
      return;
    }
    try {
      // /dev/full has no end.
      while (fstatSync(fd).isFile()) {
        const chunk = Buffer.alloc(CHUNK_BYTES);
        const bytes = readSync(fd, chunk, 0, CHUNK_BYTES, this.#at);
        if (bytes === 0) return;
        this.#at += bytes;
        yield chunk.subarray(0, bytes);
      }
    } finally {
      closeSync(fd);
    }
  }
}

function recordOf(line: string): EngineRecord | undefined {
  try {
    const {
      time: _,
      level,
      message,
      role,
      worker,
      pid,
      ...fields
    } = JSON.parse(line) as Record<string, unknown>;
    return {
      level: level as LogLevel,
      message: String(message),
      role: String(role),
      worker: worker as number | undefined,
      pid: Number(pid),
      fields,
    };
  } catch {
    return undefined;
  }
}
