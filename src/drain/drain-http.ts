import type http from 'node:http';
import type net from 'node:net';
import { systemClock } from '../common/clock';
import {
  aroundLastClose,
  beforeHeaders,
  checkMessageUnderWay,
  messageUnderWay,
  shieldFromDestroy,
} from '../node-internals/http-connection';
import { everyTick, FIRST_REQUEST_MS, HURRIED_TICKS, later, PATIENT_TICKS } from './drain-timing';

interface HttpSocket extends net.Socket {
  readonly alpnProtocol?: string | false | null;
}

/** A connection as it was when it was last looked at. */
interface Silence {
  readonly bytesRead: number;
  /** For so many ticks nothing has come, and nothing was being answered. */
  readonly ticks: number;
}

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
 * `Connection: close`; connections that stay silent are closed.
 */
export class HttpDrain {
  readonly #server: http.Server;
  readonly #closeIdleConnections: () => void;
  readonly #sockets = new Set<HttpSocket>();
  #silences = new Map<HttpSocket, Silence>();
  readonly #isHurried: () => boolean;
  readonly #onRefused: () => void;
  #isDraining = false;

  /**
   * @param isHurried whether somebody waits for our end; asked at each tick.
   * @param onRefused a request that came while draining was answered with status 503.
   */
  constructor(server: http.Server, isHurried: () => boolean, onRefused: () => void) {
    this.#server = server;
    this.#isHurried = isHurried;
    this.#onRefused = onRefused;
    this.#closeIdleConnections = server.closeIdleConnections.bind(server);
    for (const event of connectionEvents(server)) server.on(event, (socket: HttpSocket) => this.#add(socket));
  }

  begin(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    // On an HTTP/2 server that listens for streams alone, a listener for requests would answer them a second time.
    if (this.#server.listenerCount('request') > 0) {
      this.#server.prependListener('request', (_request, response) => {
        checkMessageUnderWay(response);
        sayClose(response, this.#onRefused);
      });
    }
    for (const socket of this.#sockets) {
      const answer = messageUnderWay(socket);
      if (answer) sayClose(answer as http.ServerResponse, () => {});
      closeUnlessUsed(socket);
    }
    this.#listen();
    everyTick(this.#server, () => this.#tick());
  }

  #add(socket: HttpSocket): void {
    if (socket.alpnProtocol === 'h2') return;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.#isDraining) closeUnlessUsed(socket);
  }

  #tick(): void {
    this.#listen();
    const enough = this.#isHurried() ? HURRIED_TICKS : PATIENT_TICKS;
    const isSilent = (socket: HttpSocket): boolean => (this.#silences.get(socket)?.ticks ?? 0) >= enough;
    // To ask Node takes a while where there are ten thousands.
    if ([...this.#sockets].some(isSilent)) this.#close(this.#idleSockets().filter(isSilent));
  }

  #listen(): void {
    const before = this.#silences;
    this.#silences = new Map();
    for (const socket of this.#sockets) {
      const { bytesRead } = socket;
      const last = before.get(socket);
      const hasWaited = last?.bytesRead === bytesRead && !messageUnderWay(socket);
      this.#silences.set(socket, { bytesRead, ticks: hasWaited ? last.ticks + 1 : 0 });
    }
  }

  /** One by one, each after a look at what has come in: a request that waits unread would be reset. */
  #close(sockets: readonly HttpSocket[]): void {
    const left = sockets.map((socket) => ({ socket, bytesRead: socket.bytesRead }));
    const closeNext = (): void => {
      const next = left.pop();
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
    const shields = [...this.#sockets].map((socket) => shieldFromDestroy(socket, () => idle.add(socket)));
    this.#closeIdleConnections();
    for (const lift of shields) lift();
    return [...idle].filter((socket) => !messageUnderWay(socket));
  }
}

// A turn of the event loop that did little but look for what has come.
const SHORT_TURN_MS = 0.25;
const MOST_TURNS = 200;

/** Calls back right after what had come was read. Node has no way to ask whether a socket has something to read. */
function onceAllIsRead(callback: () => void, turns = MOST_TURNS): void {
  const begunAt = systemClock.now();
  setImmediate(() => {
    if (turns === 0 || systemClock.now() - begunAt < SHORT_TURN_MS) callback();
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

const UNAVAILABLE = 503;

/** Decided when the headers are written. */
function sayClose(response: http.ServerResponse, onRefused: () => void): void {
  if (response.headersSent || !response.shouldKeepAlive) return;
  beforeHeaders(response, (status) => {
    response.shouldKeepAlive = false;
    if (status === UNAVAILABLE) onRefused();
    closeAfter(response.req);
  });
}

/**
 * A connection that is closed before the request has arrived in full is reset, and the answer may be lost with it. A
 * client that never finishes its request is Node's business (requestTimeout).
 */
function closeAfter(request: http.IncomingMessage): void {
  const { socket } = request;
  aroundLastClose(socket, (close) => {
    if (request.complete || request.destroyed) close();
    else for (const event of ['end', 'close']) request.once(event, close);
  });
}
