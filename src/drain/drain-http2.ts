import type { Http2Server, ServerHttp2Session } from 'node:http2';
import type net from 'node:net';
import { systemClock } from '../common/clock';
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
    const open = [...this.#sessions].filter(({ destroyed, closed }) => !destroyed && !closed);
    if (open.length === 0) return;
    // First a notice that refuses nothing (RFC 9113, 6.8): its client opens no more streams.
    for (const session of open) session.goaway(NO_ERROR, ANY_STREAM);
    // The timer keeps the worker alive: after the notice Node no longer reads a session without streams, so nothing else does. A
    // worker that ended now would reset the connection, and streams on their way would fail. close() tells the client to send
    // them again.
    systemClock.after(TICK_MS, () => {
      for (const session of open) session.close();
    });
  }
}
