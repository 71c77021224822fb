import type { LogFields, LogLevel } from './logger';

export type LogFormat = 'text' | 'json';

/** The process that a record comes from. `workerId` and `generation` are set only for workers. */
export interface LogOrigin {
  readonly role: string;
  /** The group of the worker, if the engine has several. */
  readonly group?: string | undefined;
  readonly workerId?: number;
  /** Counts the starts of that worker. */
  readonly generation?: number;
  readonly pid: number;
}

/** The origin of a worker's records. */
export function workerOrigin(
  {
    group,
    workerId,
    generation,
  }: Pick<LogOrigin, 'group'> & Required<Pick<LogOrigin, 'workerId' | 'generation'>>,
  pid: number = process.pid,
): LogOrigin {
  return { role: 'worker', group, workerId, generation, pid };
}

/** One call of the logger, before it becomes text. */
export interface LogRecord {
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly level: LogLevel;
  /** Anything: a string as it is, an Error by its message and stack, the rest as util.inspect shows it. */
  readonly message: unknown;
  readonly fields?: LogFields | undefined;
  readonly origin: LogOrigin;
}

export interface FormatOptions {
  readonly format: LogFormat;
  /** ANSI colors, for terminals. JSON has none. */
  readonly color: boolean;
}
