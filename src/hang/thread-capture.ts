import type { Session } from 'node:inspector';
import type { CaptureRequest } from './hang-diagnosis';
import { answered } from './no-stack';
import { PauseReader, type DebuggerMessage, type RawFrame } from './paused-stack';

interface Attached {
  readonly sessionId: string;
  readonly workerInfo: { readonly title: string };
}

interface Received {
  readonly sessionId: string;
  readonly message: string;
}

/**
 * Interrupts a thread of this process and reads its stack, without opening a port. Call it in the main thread.
 * @throws the reason of the signal.
 */
export async function captureThread(
  threadId: number,
  { signal, isStarved }: Pick<CaptureRequest, 'signal' | 'isStarved'>,
): Promise<readonly RawFrame[]> {
  const { Session: InspectorSession } = await import('node:inspector');
  signal.throwIfAborted();
  const session = new InspectorSession();
  session.connect();
  const reader = new PauseReader();
  let post: ((method: string) => void) | undefined;
  try {
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    aborted.catch(() => {});
    // The inspector reports every thread; all others are left alone. Since Node 24 a name may follow the number.
    session.on('NodeWorker.attachedToWorker', ({ params }: { params: Attached }) => {
      if (!params.workerInfo.title.startsWith(`[worker ${threadId}]`)) return;
      post = postTo(session, params.sessionId);
      session.on('NodeWorker.receivedMessageFromWorker', ({ params: received }: { params: Received }) => {
        if (received.sessionId === params.sessionId)
          reader.take(JSON.parse(received.message) as DebuggerMessage);
      });
      reader.begin({ post });
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    return await Promise.race([answered(reader.paused, isStarved), aborted]);
  } finally {
    // A thread that stays paused could never be terminated.
    post?.('Debugger.disable');
    session.disconnect();
  }
}

function postTo(session: Session, sessionId: string): (method: string) => void {
  let id = 0;
  return (method) => {
    id += 1;
    session.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id, method }) });
  };
}
