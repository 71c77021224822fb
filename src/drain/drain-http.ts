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

/** What was seen when a connection was last looked at. */
interface Silence {
  readonly bytesRead: number;
  /** For how many ticks nothing has arrived and nothing was being answered. */
  readonly ticks: number;
}

/** Decided by its methods: http, https, and HTTP/2 over TLS that also takes HTTP/1. */
export function isHttp(server: net.Server): server is http.Server {
  return typeof (server as Partial<http.Server>).closeIdleConnections === 'function';
}

/** Over TLS requests come on the second event; only the first one shows a handshake that never completes. */
function connectionEvents(server: net.Server): readonly string[] {
  return 'setSecureContext' in server ? ['connection', 'secureConnection'] : ['connection'];
}

/**
 * The connections of an HTTP/1 server that no longer accepts. Requests that have arrived, or arrive now, are answered with
 * `Connection: close`. Connections that stay silent are closed.
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
   * @param isHurried whether something waits for this worker to end; called at each tick.
   * @param onRefused called when a request that arrived while draining was answered with status 503.
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
    // An HTTP/2 server that only listens for streams would answer each one twice if a listener for requests were added.
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
    // With tens of thousands of connections it takes a while to ask Node.
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

  /** One by one, each after reading what has arrived: closing a connection with an unread request would reset it. */
  #close(sockets: readonly HttpSocket[]): void {
    const left = sockets.map((socket) => ({ socket, bytesRead: socket.bytesRead }));
    const closeNext = (): void => {
      const next = left.pop();
      if (!next) return;
      onceAllIsRead(() => {
        // Otherwise a request has arrived meanwhile, and is answered.
        if (next.socket.bytesRead === next.bytesRead) next.socket.destroy();
        closeNext();
      });
    };
    closeNext();
  }

  /** Only Node knows which connections are between two requests, but it includes those that are still writing an answer. */
  #idleSockets(): readonly HttpSocket[] {
    const idle = new Set<HttpSocket>();
    const shields = [...this.#sockets].map((socket) => shieldFromDestroy(socket, () => idle.add(socket)));
    this.#closeIdleConnections();
    for (const lift of shields) lift();
    return [...idle].filter((socket) => !messageUnderWay(socket));
  }
}

// A turn of the event loop that did little more than look for new data.
const SHORT_TURN_MS = 0.25;
const MOST_TURNS = 200;

/** Calls back as soon as all data that had arrived is read. Node offers no way to ask whether a socket has unread data. */
function onceAllIsRead(callback: () => void, turns = MOST_TURNS): void {
  const begunAt = systemClock.now();
  setImmediate(() => {
    if (turns === 0 || systemClock.now() - begunAt < SHORT_TURN_MS) callback();
    else onceAllIsRead(callback, turns - 1);
  });
}

/** Node does not count a connection as idle before its first request: a browser's spare connection, a port check. */
function closeUnlessUsed(socket: net.Socket): void {
  if (socket.bytesRead > 0) return;
  later(FIRST_REQUEST_MS, () => {
    if (socket.bytesRead === 0) socket.destroy();
  });
}

const UNAVAILABLE = 503;

/** Takes effect when the headers are written. */
function sayClose(response: http.ServerResponse, onRefused: () => void): void {
  if (response.headersSent || !response.shouldKeepAlive) return;
  beforeHeaders(response, (status) => {
    response.shouldKeepAlive = false;
    if (status === UNAVAILABLE) onRefused();
    closeAfter(response.req);
  });
}

/**
 * Closing a connection before its request has arrived in full resets it, and the client may lose the answer. A
 * client that never finishes its request is left to Node (requestTimeout).
 */
function closeAfter(request: http.IncomingMessage): void {
  const { socket } = request;
  aroundLastClose(socket, (close) => {
    if (request.complete || request.destroyed) close();
    else for (const event of ['end', 'close']) request.once(event, close);
  });
}
