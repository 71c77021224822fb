import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { reapAfterEach } from './reaping';

export interface HttpAnswer {
  readonly body: string;
  /** Its Connection header. */
  readonly connection: string | undefined;
}

/** So many connections at a time, kept open between requests. */
export function keepAliveAgent({ sockets = 1, tls = false } = {}): http.Agent {
  const options = { keepAlive: true, maxSockets: sockets };
  const agent = tls ? new https.Agent({ ...options, rejectUnauthorized: false }) : new http.Agent(options);
  reapAfterEach(() => agent.destroy());
  return agent;
}

/** Asks once; a body is sent in `pieces`, with pauses. Never asks again. */
export function request(
  port: number,
  path: string,
  { agent, pieces, pauseMs = 0 }: { agent?: http.Agent; pieces?: readonly string[]; pauseMs?: number } = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const method = pieces ? 'POST' : 'GET';
    const client = agent instanceof https.Agent ? https : http;
    const asked = client.request({ host: '127.0.0.1', port, path, method, ...(agent ? { agent } : {}) });
    asked.on('error', reject);
    asked.on('response', (response) => {
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

/** Asks over TLS, each time on a connection of its own. */
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

/** Asks over HTTP/2, each time in a session of its own. */
export async function askHttp2(port: number, protocol: 'http' | 'https'): Promise<string> {
  const session = openHttp2(port, protocol);
  try {
    return await askStream(session);
  } finally {
    session.close();
  }
}
