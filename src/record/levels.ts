import { ConfigError } from '../common/errors';
import { LOG_LEVELS, type LogLevel } from './logger';

const RANKS: ReadonlyMap<string, number> = new Map(LOG_LEVELS.map((level, rank) => [level, rank]));

export function isLogLevel(name: unknown): name is LogLevel {
  return typeof name === 'string' && RANKS.has(name);
}

/** 0 for fatal, growing towards trace. */
export function levelRank(level: LogLevel): number {
  return RANKS.get(level) ?? 0;
}

/**
 * The level of that name, case-insensitive.
 * @throws ConfigError when there is none.
 */
export function parseLogLevel(name: unknown): LogLevel {
  const lower = typeof name === 'string' ? name.trim().toLowerCase() : name;
  if (isLogLevel(lower)) return lower;
  const given = typeof name === 'string' ? `'${name}'` : String(name);
  throw new ConfigError(
    'ERR_CONFIG_INVALID',
    `logLevel must be one of ${LOG_LEVELS.join(', ')}, got ${given}.`,
  );
}
