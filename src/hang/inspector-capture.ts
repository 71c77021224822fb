import type { WebSocket } from 'ws';
import { sleep, systemClock } from '../common/clock';
import { END_DEBUGGER_CODE } from '../node-internals/debugger';
import { PauseReader, type DebuggerMessage, type RawFrame } from './paused-stack';

/** Far more than Node needs to announce the scripts of any program, source maps included. */
const LARGEST_MESSAGE_BYTES = 256 * 1024 * 1024;

/** Takes 50 ms. It also ends the connection, and with it the pause. */
const CLOSE = END_DEBUGGER_CODE;
const CLOSE_LIMIT_MS = 500;

export interface CaptureOptions {
  /** Aborts the capture. */
  readonly signal: AbortSignal;
  /** The worker lives on: its debugger is closed from inside, even if its event loop stays blocked. */
  readonly closes: boolean;
}

/**
 * Interrupts the process behind a debugger's address and reads its stack.
 * @throws the error that prevented it, or the reason of the signal.
 */
export async function captureByWebSocket(
  url: string,
  { signal, closes }: CaptureOptions,
): Promise<readonly RawFrame[]> {
  // Loaded only when the first worker hangs.
  const { WebSocket: Socket } = await import('ws');
  signal.throwIfAborted();
  const socket = new Socket(url, { perMessageDeflate: false, maxPayload: LARGEST_MESSAGE_BYTES });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const reader = new PauseReader();
  const failed = new Promise<never>((_resolve, reject) => {
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('the debugger closed the connection')));
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  failed.catch(() => {});
  try {
    const link = linkOver(socket);
    socket.once('open', () => reader.begin(link));
    socket.on('message', (data) => takeSafely(reader, data));
    const frames = await Promise.race([reader.paused, failed]);
    if (closes) {
      link.post('Runtime.evaluate', { expression: CLOSE, silent: true });
      await Promise.race([closed, sleep(systemClock, CLOSE_LIMIT_MS)]);
    }
    return frames;
  } finally {
    // Ending the connection resumes a paused process.
    socket.terminate();
  }
}

function linkOver(socket: WebSocket) {
  let id = 0;
  return {
    post: (method: string, params: object = {}): void => {
      id += 1;
      socket.send(JSON.stringify({ id, method, params }));
    },
  };
}

/** Whatever arrives, it must not end the process that asked. */
function takeSafely(reader: PauseReader, data: unknown): void {
  try {
    reader.take(JSON.parse(String(data)) as DebuggerMessage);
  } catch {
    // Then there is no answer.
  }
}
