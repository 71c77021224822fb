import type { Logger } from '../record/logger';
import { nameOfForeign } from '../node-internals/marked-messages';
import type { ProcessMonitor } from '../watch/process-monitor';

/** Loggers of those that have been told: once for each process that has children. */
const told = new WeakSet<Logger>();

/** Somebody below has got hold of the IPC channel before it was hidden. Nobody here takes such messages. */
export function warnOfForeignMessages({ child, label, pid }: ProcessMonitor, logger: Logger): void {
  child.on('message', (message: unknown) => {
    const type = nameOfForeign(message);
    if (type === undefined || told.has(logger)) return;
    told.add(logger);
    logger.warn(
      `${label} sent a message with process.send(), which is ignored, as all that come later are: only the engine speaks ` +
        "with its processes. To say when a worker is ready, set workerReady: 'explicit' and call this.ready(). Import " +
        'serverengine first, so that libraries see a program of one process (docs/guides/coming-from-node-cluster.md)',
      { type, pid },
    );
  });
}
