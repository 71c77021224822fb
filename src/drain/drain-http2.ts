import type { Http2Server, ServerHttp2Session } from 'node:http2';
import type net from 'node:net';
import { FIRST_REQUEST_MS, later, TICK_MS } from './drain-timing';

const NO_ERROR = 0;
const ANY_STREAM = 2 ** 31 - 1;

/** Decided by its methods: asking for the class would load http2 into every worker. */
export function isHttp2(server: net.Server): server is Http2Server {
  return typeof (server as Partial<Http2Server>).updateSettings === 'function';
}

/** The sessions of an HTTP/2 server. Each one is told to go elsewhere, and closed when its streams are done. */
export class Http2Drain {
  readonly #sessions = new Set<ServerHttp2Session>();
  #isDraining = false;

  constructor(server: Http2Server) {
    server.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
      // Accepted before the stop, but its handshake finished after it.
      if (this.#isDraining) later(FIRST_REQUEST_MS, () => session.close());
    });
  }

  begin(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (const session of this.#sessions) farewell(session);
  }
}

/** First a notice that refuses nothing (RFC 9113, 6.8): streams that are on their way to us are still served. */
function farewell(session: ServerHttp2Session): void {
  if (session.destroyed || session.closed) return;
  session.goaway(NO_ERROR, ANY_STREAM);
  later(TICK_MS, () => session.close());
}
