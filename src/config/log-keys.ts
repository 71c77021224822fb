import { boolean, instance, integer, oneOf, size, text } from './key-kinds';
import { fileMode } from './system-key-kinds';

/** The log: where it goes, its format, its rotation. */
export const LOG_KEYS = {
  log: text("a path or '-' for stdout", {
    reloadable: true,
    source: 'log',
    doc: 'Path of the log file; `-` means stdout. Without this key the log goes to stderr.',
  }),
  logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], {
    default: 'debug',
    reloadable: true,
    source: 'log_level',
    doc: 'The lowest level that is written.',
  }),
  logFormat: oneOf(['text', 'json'], {
    default: 'text',
    doc: 'Format of a log line: `text` for people, `json` for machines.',
  }),
  logRotateAge: integer(
    { min: 0 },
    {
      default: 5,
      source: 'log_rotate_age',
      doc: 'How many log files are kept, including the current one: `app.log`, `app.log.0` (the previous one), `app.log.1`, … 0 means no rotation by size; with `logRotateDaily` it means that every file is kept.',
    },
  ),
  logRotateSize: size({
    default: 1_048_576,
    source: 'log_rotate_size',
    doc: 'A log file that would grow beyond this size is rotated. 0 means no rotation by size, for example because logrotate does it.',
  }),
  logRotateDaily: boolean({
    default: false,
    doc: 'Writes one file per day, `app.log.2026-11-22`, with winston-daily-rotate-file; `app.log` is a symbolic link to it. Within a day `logRotateSize` applies, with `.1`, `.2` after the date.',
  }),
  logCompress: boolean({
    default: false,
    doc: 'Compresses rotated log files (`.gz`).',
  }),
  logFileMode: fileMode({
    default: '640',
    doc: "Permissions of new log files, compressed ones too, less umask and `chumask`. Existing files keep theirs. A string is octal, as in `'644'`.",
  }),
  logStdout: boolean({
    default: true,
    source: 'log_stdout',
    doc: 'What server and workers write to stdout becomes log lines.',
  }),
  logStderr: boolean({
    default: true,
    source: 'log_stderr',
    doc: 'What server and workers write to stderr becomes log lines.',
  }),
  logger: instance<{ log: unknown }>(isLogger, {
    typeText: '{ log: unknown }',
    allowed: 'a winston logger (an object with the methods log and write)',
    source: 'logger',
    doc: 'Your own winston logger. The main process passes it every record of every process, instead of writing to `log`.',
  }),
  loggerClass: instance<new (options: never) => object>(isClass, {
    typeText: 'new (options: never) => object',
    allowed: 'a class (or function) whose instances are winston loggers',
    source: 'logger_class',
    doc: 'A class that creates your winston logger: the main process calls `new LoggerClass({ log, logLevel, logFormat, … })` once. An alternative to `logger`.',
  }),
};

function isLogger(value: unknown): value is { log: unknown } {
  if (typeof value !== 'object' || value === null) return false;
  const { log, write } = value as { log?: unknown; write?: unknown };
  return typeof log === 'function' && typeof write === 'function';
}

function isClass(value: unknown): value is new (options: never) => object {
  return typeof value === 'function';
}
