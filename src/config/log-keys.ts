import { boolean, fileMode, instance, integer, oneOf, size, text } from './key-kinds';

/** The log: where it goes, how it looks, how it is rotated. */
export const LOG_KEYS = {
  log: text("a path or '-' for stdout", {
    reloadable: true,
    source: 'log',
    doc: 'Path of the log file; `-`: stdout. None: stderr.',
  }),
  logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], {
    default: 'debug',
    reloadable: true,
    source: 'log_level',
    doc: 'The finest level that is written.',
  }),
  logFormat: oneOf(['text', 'json'], {
    default: 'text',
    doc: 'Form of a log line: `text` for people, `json` for machines.',
  }),
  logRotateAge: integer(
    { min: 0 },
    {
      default: 5,
      source: 'log_rotate_age',
      doc: 'How many log files are kept, the one that is written included: `app.log`, `app.log.0` (the last one), `app.log.1`, … 0: no rotation by size, and with `logRotateDaily` every file is kept.',
    },
  ),
  logRotateSize: size({
    default: 1_048_576,
    source: 'log_rotate_size',
    doc: 'A log file that would grow beyond this is rotated. 0: no rotation by size, as when logrotate does it.',
  }),
  logRotateDaily: boolean({
    default: false,
    doc: 'One file a day, `app.log.2026-11-22`, to which `app.log` is a symbolic link; by winston-daily-rotate-file. Within a day `logRotateSize` holds, with `.1`, `.2` behind the date.',
  }),
  logCompress: boolean({
    default: false,
    doc: 'Files that are no longer written are compressed (`.gz`).',
  }),
  logFileMode: fileMode({
    default: '640',
    doc: "Permissions of the log files that are made, compressed ones too; umask and `chumask` take away from them. Files that are there keep theirs. A string is octal, as in `'644'`.",
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
    doc: 'A winston logger of your own: every record of every process goes to it, in the main process, instead of to `log`.',
  }),
  loggerClass: instance<new (options: never) => object>(isClass, {
    typeText: 'new (options: never) => object',
    allowed: 'a class (or function) whose instances are winston loggers',
    source: 'logger_class',
    doc: 'Makes that logger: `new LoggerClass({ log, logLevel, logFormat, … })`, once, in the main process. An alternative to `logger`.',
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
