import { workerName } from '../common/worker-name';
import type { Logger } from '../record/logger';
import type { WorkerIdentity } from '../pool/worker-handle';

// Enough to recognize what it was.
const MOST_SHOWN = 500;

/** A record of which only the beginning came, because the worker was killed meanwhile. */
export function reportUnfinished(logger: Logger, who: WorkerIdentity, begun: string | undefined): void {
  if (begun === undefined) return;
  logger.warn(`${workerName(who)} ended in the middle of a log record`, {
    ...who,
    begun: begun.slice(0, MOST_SHOWN),
    length: begun.length,
  });
}
