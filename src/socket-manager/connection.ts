import type net from 'node:net';
import type { RawHandle } from '../sockets/held-socket';
import { endWithHandle } from '../node-internals/pipe-handles';
import {
  checkRequest,
  decodeLine,
  encodeLine,
  MAX_LINE_BYTES,
  toReplyError,
  type ManagerReply,
  type ManagerRequest,
} from './protocol';

export interface ConnectionAnswer {
  readonly reply: ManagerReply;
  /** Sent with the reply. It stays ours. */
  readonly handle?: RawHandle | undefined;
}

// No honest client takes that long for one line.
const REQUEST_TIMEOUT_MS = 10_000;

/** Reads the one request of a connection and answers it. A client without the token gets no answer at all. */
export function serveConnection(
  socket: net.Socket,
  isToken: (given: unknown) => boolean,
  answer: (request: ManagerRequest) => Promise<ConnectionAnswer>,
): void {
  const drop = (): void => {
    socket.destroy();
  };
  let line = '';
  socket.setEncoding('utf8');
  socket.setTimeout(REQUEST_TIMEOUT_MS, drop);
  // The client may be gone before the answer: then there is nobody to answer.
  socket.on('error', drop);
  socket.on('end', drop);
  socket.on('data', (chunk: string) => {
    line += chunk;
    const end = line.indexOf('\n');
    if (end < 0) {
      if (line.length > MAX_LINE_BYTES) drop();
      return;
    }
    socket.removeAllListeners('data');
    // From now on it is our turn: the client may close its side before the answer.
    socket.off('end', drop);
    socket.setTimeout(0);
    const message = decodeLine(line.slice(0, end));
    if (message && isToken(message['token'])) void reply(socket, message, answer);
    else drop();
  });
}

async function reply(
  socket: net.Socket,
  message: Readonly<Record<string, unknown>>,
  answer: (request: ManagerRequest) => Promise<ConnectionAnswer>,
): Promise<void> {
  try {
    const { reply: given, handle } = await answer(checkRequest(message));
    if (handle) endWithHandle(socket, encodeLine(given), handle);
    else end(socket, given);
  } catch (error) {
    end(socket, { status: 'error', error: toReplyError(error) });
  }
}

function end(socket: net.Socket, given: ManagerReply): void {
  if (socket.destroyed) return;
  socket.end(encodeLine(given), () => socket.destroy());
}
