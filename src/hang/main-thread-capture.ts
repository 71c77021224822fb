import { Session } from 'node:inspector';
import { answered } from './no-stack';
import { PauseReader, type RawFrame } from './paused-stack';

/**
 * Interrupts the main thread and reads its stack. Call it in another thread of the process.
 * @throws NoJavaScriptRuns when the main thread does not answer.
 */
export async function captureMainThread(): Promise<readonly RawFrame[]> {
  const session = new Session();
  session.connectToMainThread();
  const reader = new PauseReader();
  const link = { post: (method: string): void => session.post(method) };
  try {
    session.on('inspectorNotification', (message) => reader.take(message));
    reader.begin(link);
    return await answered(reader.paused);
  } finally {
    link.post('Debugger.disable');
    session.disconnect();
  }
}
