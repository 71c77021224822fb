import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { isServerEngineError } from '../../../src/common/errors';
import { askManager } from '../../../src/socket-manager/ask';
import { serveConnection } from '../../../src/socket-manager/connection';
import { checkRequest, decodeLine, decodeReply, MAX_LINE_BYTES } from '../../../src/socket-manager/protocol';
import { TOKEN_ENV } from '../../../src/socket-manager/path';
import { reapAfterEach } from '../../support/reaping';
import { tempDir } from '../../support/temp-dir';

const TOKEN = 'right';

async function listening(onConnection: (socket: net.Socket) => void): Promise<string> {
  const path = join(tempDir(), 'm.sock');
  const server = net.createServer({ allowHalfOpen: true }, onConnection).listen(path);
  await once(server, 'listening');
  chmodSync(path, 0o600);
  reapAfterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return path;
}

/** The answer until it closes. */
async function say(path: string, bytes: Uint8Array, isEnd: boolean): Promise<string> {
  const socket = net.connect({ path, allowHalfOpen: true });
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  // It may close while we still write.
  socket.on('error', () => {});
  socket.write(bytes);
  if (isEnd) socket.end();
  const over = new Promise((resolve) => socket.once('close', resolve));
  socket.once('end', () => socket.destroy());
  await over;
  return answer;
}

describe('a socket manager with unknown clients', () => {
  it('does not answer a client without the token, or an invalid request', async () => {
    const asked: unknown[] = [];
    const path = await listening((socket) =>
      serveConnection(
        socket,
        (token) => token === TOKEN,
        async (request) => {
          asked.push(request);
          return { reply: { status: 'ok' } };
        },
      ),
    );
    const line = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(`${text}\n`)),
      fc
        .record({ token: fc.oneof(fc.constant('wrong'), fc.anything()), method: fc.constant('listen_tcp') })
        .map((request) => Buffer.from(`${safeJson(request)}\n`)),
    );
    await fc.assert(
      fc.asyncProperty(line, async (bytes) => {
        expect(await say(path, bytes, true)).toBe('');
      }),
      { numRuns: 60 },
    );
    expect(asked).toEqual([]);
    // Longer than any request, and without an end.
    expect(await say(path, Buffer.alloc(2 * MAX_LINE_BYTES, 'x'), false)).toBe('');
    const honest = { token: TOKEN, method: 'listen_tcp', bind: '::', port: 0 };
    expect(await say(path, Buffer.from(`${JSON.stringify(honest)}\n`), false)).toBe('{"status":"ok"}\n');
    const odd = await say(path, Buffer.from(`{"token":"${TOKEN}","method":{}}\n`), false);
    expect(JSON.parse(odd)).toMatchObject({ status: 'error', error: { code: 'ERR_SOCKET' } });
  });

  it('answers any input as a request, or refuses it with a reason', () => {
    const request = fc.record({
      method: fc.oneof(fc.constantFrom('listen_tcp', 'listen_udp', 'share_socket'), fc.anything()),
      bind: fc.anything(),
      port: fc.anything(),
      index: fc.anything(),
    });
    fc.assert(
      fc.property(request, (given) => {
        try {
          expect(given).toMatchObject(checkRequest(given));
        } catch (error) {
          if (!isServerEngineError(error)) throw error;
          expect(error.code).toBe('ERR_SOCKET');
        }
      }),
    );
  });
});

describe('a client of a program that is not a socket manager', () => {
  it.each([
    ['nonsense', Buffer.from('SSH-2.0-OpenSSH\n'), /closed the connection without an answer/],
    ['an invalid error', Buffer.from('{"status":"error","error":5}\n'), /without an answer/],
    ['an invalid socket', Buffer.from('{"status":"shared","query":{"port":"x"}}\n'), /without an answer/],
    ['too much data', Buffer.alloc(2 * MAX_LINE_BYTES, 'x'), /sent more than/],
  ])('gets an error that names that: %s', async (_what, answer, message) => {
    const before = process.env[TOKEN_ENV];
    process.env[TOKEN_ENV] = TOKEN;
    reapAfterEach(() => {
      if (before === undefined) Reflect.deleteProperty(process.env, TOKEN_ENV);
      else process.env[TOKEN_ENV] = before;
    });
    const path = await listening((socket) => {
      socket.on('error', () => {});
      socket.end(answer);
      socket.resume();
    });
    await expect(askManager(path, { method: 'share_manager' })).rejects.toThrow(message);
  });

  it('rejects an answer of another shape', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(decodeReply(line)).toBeUndefined();
        const decoded = decodeLine(line);
        expect(decoded === undefined || typeof decoded === 'object').toBe(true);
      }),
    );
  });
});

function safeJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
}
