import { systemClock } from '../common/clock';
import { formatRecord } from './format';
import type { FormatOptions, LogOrigin } from './record';

/** The record that takes the place of missing records. */
export function dropNotice(lines: number, origin: LogOrigin, format: FormatOptions): string {
  const timeMs = systemClock.wallTime();
  return formatRecord(
    { timeMs, level: 'warn', message: 'log lines dropped', fields: { lines }, origin },
    format,
  );
}
