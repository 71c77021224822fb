import { installLoggerMethods } from './logger-methods';
import type { Logger, LogLevel } from './logger';

const TROUBLES: ReadonlySet<LogLevel> = new Set<LogLevel>(['fatal', 'error', 'warn']);

/** A logger that leaves out normal operation. */
export function onlyTroubles(logger: Logger): Logger {
  return installLoggerMethods(
    {},
    {
      level: 'warn',
      isEnabled: (level) => TROUBLES.has(level) && logger.isLevelEnabled(level),
      emit: (level, message, fields) => logger[level](message, fields),
      childTarget: () => ({}),
    },
  );
}
