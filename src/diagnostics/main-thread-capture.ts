import { Session } from 'node:inspector';
import { NoJavaScriptRuns } from './no-stack';
import { PauseReader, type DebuggerMessage, type RawFrame } from './paused-stack';

/** A main thread that runs JavaScript, or waits in Atomics.wait, answers within some 40 ms. */
const ANSWER_LIMIT_MS = 800;

/**
 * Interrupts the main thread and reads its stack. To be called in another thread of the process.
 * @throws NoJavaScriptRuns when it does not answer.
 */
export async function captureMainThread(): Promise<readonly RawFrame[]> {
  const session = new Session();
  session.connectToMainThread();
  const reader = new PauseReader();
  const link = { post: (method: string): void => session.post(method) };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new NoJavaScriptRuns(`its main thread did not answer within ${ANSWER_LIMIT_MS} ms`)),
      ANSWER_LIMIT_MS,
    );
  });
  try {
    session.on('inspectorNotification', (message) => reader.take(message as DebuggerMessage));
    reader.begin(link);
    return (await Promise.race([reader.paused, late])).frames;
  } finally {
    clearTimeout(timer);
    link.post('Debugger.disable');
    session.disconnect();
  }
}
