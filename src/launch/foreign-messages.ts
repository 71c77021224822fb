import type { Logger } from '../record/logger';
import { nameOfForeign, onMarked } from '../node-internals/marked-messages';
import type { ProcessMonitor } from '../watch/process-monitor';

/** Loggers that have the warning already: once for each process that has children. */
const told = new WeakSet<Logger>();

/** Code in the child got hold of the IPC channel before it was hidden. Nothing here handles such messages. */
export function warnOfForeignMessages(sender: ProcessMonitor, logger: Logger): void {
  sender.child.on('message', (message: unknown) => {
    const type = nameOfForeign(message);
    if (type === undefined || told.has(logger)) return;
    told.add(logger);
    logger.warn(
      `${sender.label} sent a message with process.send(), which is ignored, like all later ones: only the engine talks ` +
        "to its processes. To say when a worker is ready, set workerReady: 'explicit' and call this.ready(). Import " +
        'serverengine first, so that libraries see a program of one process (docs/guides/coming-from-node-cluster.md)',
      { type, pid: sender.pid },
    );
  });
}

/**
 * Passes messages of the engine on. Anything else is dropped, and logged once for each process: the child runs another
 * version of the package, or its program wrote into the channel itself.
 */
export function onChecked<M>(
  sender: Pick<ProcessMonitor, 'child' | 'label' | 'pid'>,
  isMessage: (raw: unknown) => raw is M,
  logger: Logger,
  take: (message: M) => void,
): void {
  onMarked(sender.child, checked(sender, isMessage, logger, take));
}

/** The same for messages that come another way. */
export function checked<M>(
  sender: { readonly label: string; readonly pid?: number | undefined },
  isMessage: (raw: unknown) => raw is M,
  logger: Logger,
  take: (message: M) => void,
): (raw: unknown) => void {
  let hasWarned = false;
  return (raw) => {
    if (isMessage(raw)) {
      take(raw);
      return;
    }
    if (hasWarned) return;
    hasWarned = true;
    logger.warn(
      `${sender.label} sent a message that the engine does not know, which is ignored, like all later ones of this kind. ` +
        "It runs another version of serverengine, or its program uses the engine's channel",
      { type: nameOfForeign(raw), pid: sender.pid },
    );
  };
}
