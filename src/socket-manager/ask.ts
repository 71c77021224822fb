import type net from 'node:net';
import { ServerEngineError } from '../common/errors';
import type { RawHandle } from '../sockets/held-socket';
import { connectForHandle } from '../node-internals/pipe-handles';
import {
  decodeReply,
  encodeLine,
  fromReplyError,
  MAX_LINE_BYTES,
  type ManagerReply,
  type ManagerRequest,
} from './protocol';
import { trustedPlace } from './trust';
import { TOKEN_ENV } from './path';

/** What a manager answered. The caller owns the handle. */
export interface ManagerAnswer {
  readonly reply: Exclude<ManagerReply, { status: 'error' }>;
  readonly handle: RawHandle | undefined;
}

const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Asks the manager that listens at a path.
 * @throws the manager's own error; ServerEngineError when there is none or it does not answer us.
 */
export async function askManager(path: string, request: ManagerRequest): Promise<ManagerAnswer> {
  const token = process.env[TOKEN_ENV];
  if (token === undefined || token === '') {
    throw wrong(
      path,
      `was not asked: this process has no ${TOKEN_ENV} in its environment. Open the manager before this process ` +
        `is started, by the manager's process or one below it; or give both the same ${TOKEN_ENV}`,
    );
  }
  const place = trustedPlace(path);
  if ('reason' in place) throw wrong(path, place.reason);
  const receiver = connectForHandle(path);
  const asked = encodeLine({ token, ...request });
  const line = await exchange(path, receiver.socket, asked, place.isStill).catch((error: unknown) => {
    receiver.takeHandle()?.close();
    throw error;
  });
  const reply = decodeReply(line);
  const handle = receiver.takeHandle();
  if (reply?.status === 'ok' || reply?.status === 'shared' || reply?.status === 'none')
    return { reply, handle };
  handle?.close();
  if (reply?.status === 'error') throw fromReplyError(reply.error);
  throw wrong(
    path,
    `closed the connection without an answer: it has another ${TOKEN_ENV} than this process, or is not a manager. ` +
      `Start this process from that of the manager, or give both the same ${TOKEN_ENV}`,
  );
}

/** Everything that the other end sends until it closes. */
function exchange(path: string, socket: net.Socket, line: string, isStill: () => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    socket.setEncoding('utf8');
    socket.once('connect', () => {
      if (isStill()) {
        socket.write(line);
        return;
      }
      socket.destroy();
      const cure = 'Try again; if it happens again, find out what changes that path';
      reject(wrong(path, `was replaced or removed at this moment: the token was not sent there. ${cure}`));
    });
    socket.on('data', (chunk: string) => {
      answer += chunk;
      if (answer.length <= MAX_LINE_BYTES) return;
      socket.destroy();
      reject(wrong(path, 'sent more than a socket manager sends. Check which program listens there'));
    });
    socket.once('end', () => {
      socket.destroy();
      resolve(answer);
    });
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
      socket.destroy();
      reject(wrong(path, `has not answered for ${ANSWER_TIMEOUT_MS} ms. See what its process is busy with`));
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(answer);
      else reject(explain(path, error));
    });
  });
}

const ABSENT: readonly unknown[] = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR'];

function explain(path: string, error: NodeJS.ErrnoException): Error {
  const { code } = error;
  if (ABSENT.includes(code)) {
    const cure = 'Open it first, with SocketManager.Server.open(), and give its path';
    return wrong(path, `is not there (${String(code)}). ${cure}`, error);
  }
  if (code === 'EACCES') {
    const cure = 'It answers only processes of its own user: run both as the same user';
    return wrong(path, `does not answer this user (EACCES). ${cure}`, error);
  }
  return error;
}

/** An answer without the socket that it announces. */
export function nothingCame(path: string): ServerEngineError {
  const cure = 'Usually this process may not open more files: raise its limit (ulimit -n)';
  return wrong(path, `sent no socket. ${cure}`);
}

function wrong(path: string, what: string, cause?: Error): ServerEngineError {
  return new ServerEngineError('ERR_SOCKET', `The socket manager ${path} ${what}.`, { cause });
}
