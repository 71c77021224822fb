import { installLoggerMethods } from './logger-methods';
import type { Logger, LogLevel } from './logger';

const PROBLEMS: ReadonlySet<LogLevel> = new Set<LogLevel>(['fatal', 'error', 'warn']);

/** A logger that leaves out normal operation. */
export function problemsOnly(logger: Logger): Logger {
  return installLoggerMethods(
    {},
    {
      level: 'warn',
      isEnabled: (level) => PROBLEMS.has(level) && logger.isLevelEnabled(level),
      emit: (level, message, fields) => logger[level](message, fields),
      childTarget: () => ({}),
    },
  );
}
