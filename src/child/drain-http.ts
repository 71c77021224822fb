import type http from 'node:http';
import type net from 'node:net';
import { everyTick, FIRST_REQUEST_MS, later } from './drain-timing';

/** Node's own name for the answer that a connection is busy with; the same since Node 0.x. */
interface HttpSocket extends net.Socket {
  readonly alpnProtocol?: string | false | null;
  readonly _httpMessage?: http.ServerResponse | null;
}

// Ticks. Some client may never be idle at the right moment.
const MOST_POSTPONED = 10;

/** By what it can do: http, https, and HTTP/2 over TLS that takes HTTP/1 too. */
export function isHttp(server: net.Server): server is http.Server {
  return typeof (server as Partial<http.Server>).closeIdleConnections === 'function';
}

/** Requests come on the second, over TLS; a handshake that never comes is missed on the first. */
function connectionEvents(server: net.Server): readonly string[] {
  return 'setSecureContext' in server ? ['connection', 'secureConnection'] : ['connection'];
}

/**
 * The connections of an HTTP/1 server that accepts no more: requests that have come, or come now, are answered with
 * `Connection: close`; idle connections are closed.
 */
export class HttpDrain {
  readonly #server: http.Server;
  readonly #sockets = new Set<HttpSocket>();
  #busy: readonly HttpSocket[] = [];
  #postponed = 0;
  #isDraining = false;

  constructor(server: http.Server) {
    this.#server = server;
    for (const event of connectionEvents(server)) server.on(event, (socket: HttpSocket) => this.#add(socket));
  }

  begin(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    // On an HTTP/2 server that listens for streams alone, a listener for requests would answer them a second time.
    if (this.#server.listenerCount('request') > 0) {
      this.#server.prependListener('request', (_request, response) => sayClose(response));
    }
    for (const socket of this.#sockets) {
      if (socket._httpMessage) sayClose(socket._httpMessage);
      closeUnlessUsed(socket);
    }
    this.#busy = this.#busySockets();
    everyTick(this.#server, () => this.#tick());
  }

  #add(socket: HttpSocket): void {
    if (socket.alpnProtocol === 'h2') return;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.#isDraining) closeUnlessUsed(socket);
  }

  #tick(): void {
    const busy = this.#busySockets();
    // One that was busy a moment ago and lives on had promised to: its client may be asking again right now.
    const justDone = this.#busy.some((socket) => !socket.destroyed && !socket._httpMessage);
    this.#busy = busy;
    this.#postponed = justDone && this.#postponed < MOST_POSTPONED ? this.#postponed + 1 : 0;
    if (this.#postponed === 0) this.#closeIdle();
  }

  /** One by one, each after a look at what has come in: a request that waits unread would be reset. */
  #closeIdle(): void {
    const idle = this.#idleSockets().map((socket) => ({ socket, bytesRead: socket.bytesRead }));
    const closeNext = (): void => {
      const next = idle.pop();
      if (!next) return;
      onceAllIsRead(() => {
        // Else a request has come meanwhile, and is answered.
        if (next.socket.bytesRead === next.bytesRead) next.socket.destroy();
        closeNext();
      });
    };
    closeNext();
  }

  /** Only Node knows which connections are between two requests, but it counts those that still write their answer. */
  #idleSockets(): readonly HttpSocket[] {
    const idle = new Set<HttpSocket>();
    const shields = [...this.#sockets].map((socket) => shield(socket, () => idle.add(socket)));
    this.#server.closeIdleConnections();
    for (const lift of shields) lift();
    for (const socket of this.#busy) idle.delete(socket);
    return [...idle];
  }

  #busySockets(): readonly HttpSocket[] {
    return [...this.#sockets].filter((socket) => socket._httpMessage);
  }
}

/** Until it is lifted, the socket is not destroyed: `instead` is called. */
function shield(socket: net.Socket, instead: () => void): () => void {
  const own = Object.getOwnPropertyDescriptor(socket, 'destroy');
  socket.destroy = () => {
    instead();
    return socket;
  };
  return () => {
    if (own) Object.defineProperty(socket, 'destroy', own);
    else Reflect.deleteProperty(socket, 'destroy');
  };
}

// A turn of the event loop that did little but look for what has come.
const SHORT_TURN_MS = 0.25;
const MOST_TURNS = 200;

/** Calls back right after what had come was read. Node has no way to ask whether a socket has something to read. */
function onceAllIsRead(callback: () => void, turns = MOST_TURNS): void {
  const begunAt = performance.now();
  setImmediate(() => {
    if (turns === 0 || performance.now() - begunAt < SHORT_TURN_MS) callback();
    else onceAllIsRead(callback, turns - 1);
  });
}

/** Node's idle connections do not include one on which nothing was ever asked: a browser's spare one, a port check. */
function closeUnlessUsed(socket: net.Socket): void {
  if (socket.bytesRead > 0) return;
  later(FIRST_REQUEST_MS, () => {
    if (socket.bytesRead === 0) socket.destroy();
  });
}

/**
 * Decided when the headers are written: a connection that is closed before the request has arrived in full is reset,
 * and the answer may be lost with it. Such a one is closed later, as idle.
 */
function sayClose(response: http.ServerResponse): void {
  if (response.headersSent || !response.shouldKeepAlive) return;
  const { req: request } = response;
  const original = response.writeHead.bind(response) as (...args: unknown[]) => http.ServerResponse;
  const closing = (...args: unknown[]): http.ServerResponse => {
    if (hasArrived(request)) response.shouldKeepAlive = false;
    return original(...args);
  };
  response.writeHead = closing;
}

/** Node says so a moment after a request without a body was handed over. */
function hasArrived({ complete, headers }: http.IncomingMessage): boolean {
  return complete || (headers['transfer-encoding'] === undefined && !(Number(headers['content-length']) > 0));
}
