import { Session } from 'node:inspector';
import { systemClock } from '../common/clock';
import { isRunnable, processorMs } from '../common/proc-stat';
import { Effort } from './effort';
import { answered } from './no-stack';
import { PauseReader, type RawFrame } from './paused-stack';

/** The process above does not wait for longer. */
const MOST_MS = 2500;

/**
 * Interrupts the main thread and reads its stack. Call it in another thread of the process.
 * @throws NoJavaScriptRuns when the main thread does not answer.
 */
export async function captureMainThread(): Promise<readonly RawFrame[]> {
  const session = new Session();
  session.connectToMainThread();
  const reader = new PauseReader();
  const effort = new Effort({
    wantsToRun: isRunnable(process.pid),
    processorMs: () => processorMs(process.pid),
    clock: systemClock,
  });
  const link = { post: (method: string): void => session.post(method) };
  try {
    session.on('inspectorNotification', (message) => reader.take(message));
    reader.begin(link);
    return await answered(reader.paused, () => effort.isStarved && effort.tookMs < MOST_MS);
  } finally {
    link.post('Debugger.disable');
    session.disconnect();
  }
}
