import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { reapAfterEach } from './reaping';

export interface HttpAnswer {
  readonly body: string;
  /** The Connection header. */
  readonly connection: string | undefined;
}

/** How many connections are open at a time. They are kept open between requests. */
export function keepAliveAgent({ sockets = 1, tls = false } = {}): http.Agent {
  const options = { keepAlive: true, maxSockets: sockets };
  const agent = tls ? new https.Agent({ ...options, rejectUnauthorized: false }) : new http.Agent(options);
  reapAfterEach(() => agent.destroy());
  return agent;
}

/**
 * The server had closed a kept-alive connection before this request arrived, so no byte of an answer came. That happens
 * to every slow client, whatever the server does. The client may ask again, because the server has not begun the request.
 */
export class ConnectionWasClosed extends Error {
  override readonly name = 'ConnectionWasClosed';
}

export interface RequestOptions {
  readonly agent?: http.Agent;
  /** The chunks of the body, sent with pauses. */
  readonly pieces?: readonly string[];
  readonly pauseMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks once, without a retry. */
export function request(port: number, path: string, options: RequestOptions = {}): Promise<HttpAnswer> {
  const { agent, pieces, pauseMs = 0, headers = {} } = options;
  return new Promise((resolve, reject) => {
    const method = pieces ? 'POST' : 'GET';
    const client = agent instanceof https.Agent ? https : http;
    const host = '127.0.0.1';
    const asked = client.request({ host, port, path, method, headers, ...(agent ? { agent } : {}) });
    let hasAnswer = false;
    asked.on('error', (error: NodeJS.ErrnoException) => {
      const isClosed = asked.reusedSocket && !hasAnswer && /^(ECONNRESET|EPIPE)$/.test(error.code ?? '');
      reject(isClosed ? new ConnectionWasClosed(error.message) : error);
    });
    asked.on('response', (response) => {
      hasAnswer = true;
      const { connection } = response.headers;
      text(response).then((body) => resolve({ body, connection }), reject);
    });
    void send(asked, pieces ?? [], pauseMs);
  });
}

async function send(asked: http.ClientRequest, pieces: readonly string[], pauseMs: number): Promise<void> {
  for (const piece of pieces) {
    asked.write(piece);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  asked.end();
}

/** Asks over TLS, on a new connection each time. */
export function askHttps(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, agent: false, rejectUnauthorized: false };
    https.get(options, (response) => void text(response).then(resolve, reject)).on('error', reject);
  });
}

/** An open session. */
export function openHttp2(port: number, protocol: 'http' | 'https'): http2.ClientHttp2Session {
  const session = http2.connect(`${protocol}://127.0.0.1:${String(port)}`, { rejectUnauthorized: false });
  session.on('error', () => {});
  reapAfterEach(() => session.destroy());
  return session;
}

export function askStream(session: http2.ClientHttp2Session, delayMs = 0): Promise<string> {
  const stream = session.request({ ':path': '/', 'x-delay': String(delayMs) });
  stream.end();
  return text(stream);
}

/** Asks over HTTP/2, in a new session each time. */
export async function askHttp2(port: number, protocol: 'http' | 'https'): Promise<string> {
  const session = openHttp2(port, protocol);
  try {
    return await askStream(session);
  } finally {
    session.close();
  }
}
