import { createLineLogger } from '../record/line-logger';
import type { Logger, LogLevel } from '../record/logger';

/** One record that was logged. */
export interface CapturedRecord {
  /** The level, which is the name of the logger's method. */
  readonly level: LogLevel;
  /** The text that the log would have. */
  readonly message: string;
  /** The fields, without the message. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger whose records a test can look at. */
export interface TestLog {
  /** As `this.logger` of a worker or a server. */
  readonly logger: Logger;
  /** Everything that was logged, oldest first. */
  readonly log: readonly CapturedRecord[];
}

// The fields that every record has anyway.
const OWN_MEMBERS = new Set(['time', 'role', 'worker', 'pid']);

/** Makes a logger that keeps its records, for a class of your own that takes one. */
export function createTestLog(): TestLog {
  return capture(undefined);
}

/** @param workerId of the worker that writes; undefined: the server writes. */
export function capture(workerId: number | undefined): TestLog {
  const log: CapturedRecord[] = [];
  const origin = { role: workerId === undefined ? 'server' : 'worker', pid: process.pid };
  const logger = createLineLogger({
    level: 'trace',
    format: 'json',
    color: false,
    origin: workerId === undefined ? origin : { ...origin, workerId },
    write: (text) => {
      const { level, message, ...rest } = JSON.parse(text) as Record<string, unknown>;
      const fields = Object.fromEntries(Object.entries(rest).filter(([name]) => !OWN_MEMBERS.has(name)));
      log.push({ level: level as LogLevel, message: String(message), fields });
    },
  });
  return { log, logger };
}
