import type { Logger } from '../record/logger';

const TERM = 'SIGTERM';

/** One of them is ours: see early-signals. */
function countForeign(signal: 'SIGTERM' | 'SIGINT'): number {
  return process.listenerCount(signal) - 1;
}

/**
 * Libraries that listen for SIGTERM themselves, and close their servers at once. The parent is notified of them, so
 * that it stops this worker by a message; they get the signal after the last response.
 */
export class ForeignHandlers {
  #isTold = false;

  /** @param tell notifies the parent, once, that a library listens for SIGTERM. */
  watch(tell: () => void): void {
    const tellOnce = (event: string | symbol): void => {
      if (event !== TERM || this.#isTold) return;
      this.#isTold = true;
      process.off('newListener', tellOnce);
      tell();
    };
    process.on('newListener', tellOnce);
    if (countForeign(TERM) > 0) tellOnce(TERM);
  }

  /** The signal has reached the whole process: such handlers act while requests are being answered. */
  warn(logger: Logger): void {
    const handlers = Math.max(countForeign(TERM), countForeign('SIGINT'));
    if (handlers <= 0) return;
    logger.warn(
      'a stop signal came from outside, and another handler of it may close servers while requests are being answered. ' +
        'Send it only to the main process (systemd: KillMode=mixed), or switch that handler off ' +
        '(Apollo Server: stopOnTerminationSignals: false) and close the servers in afterDrain()',
      { handlers },
    );
  }

  /** The worker has drained: now they may do what they do without the engine. */
  passOn(): void {
    if (countForeign(TERM) > 0) process.kill(process.pid, TERM);
  }
}
