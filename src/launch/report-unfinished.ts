import type { Subject } from '../common/subject';
import type { Logger } from '../record/logger';

// Enough to recognize what it was.
const MOST_SHOWN = 500;

/** Logs a record of which only the beginning arrived, because the worker was killed meanwhile. */
export function reportUnfinished(
  logger: Logger,
  { label, fields }: Subject,
  begun: string | undefined,
): void {
  if (begun === undefined) return;
  logger.warn(`${label} ended in the middle of a log record`, {
    ...fields,
    begun: begun.slice(0, MOST_SHOWN),
    length: begun.length,
  });
}
