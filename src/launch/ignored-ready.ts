import type { Logger } from '../record/logger';
import type { ChildMessage } from '../protocol/protocol';

/** Loggers that have the warning already: once for each engine, not for each worker. */
const told = new WeakSet<Logger>();

/** A worker that calls ready() expects that something waits for it. */
export function warnOfIgnoredReady(message: ChildMessage, mode: string, logger: Logger): void {
  if (message.type !== 'ignored_ready' || told.has(logger)) return;
  told.add(logger);
  logger.warn(
    `a worker has called ready(), but nothing waits for that: workerReady is '${mode}'. ` +
      "Set @worker({ ready: 'explicit' }), or leave the call out",
  );
}
