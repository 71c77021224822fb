import type http from 'node:http';
import type net from 'node:net';
import { hasMethods, warnUnlessThere, type Internal } from './shape';

export const HTTP_MESSAGE: Internal = {
  name: 'net.Socket#_httpMessage',
  kind: 'private',
  expected: 'the answer (of a server) or request (of a client) that a connection is busy with',
  usedFor: 'distinguishes busy from idle connections of a draining HTTP server; names requests in dumps',
  without: 'A draining worker may close a connection whose answer is still being made.',
};

export const WRITE_HEAD: Internal = {
  name: 'http.ServerResponse#writeHead',
  kind: 'patch',
  expected: 'called by Node before the headers of every answer are sent',
  usedFor: 'adds Connection: close to the responses of a draining worker',
  without: 'Keep-alive connections of a draining worker stay open until they are idle.',
};

export const DESTROY_SOON: Internal = {
  name: 'net.Socket#destroySoon',
  kind: 'private',
  expected: 'called by Node after the last answer of a connection',
  usedFor: 'waits for the rest of a request before its connection is closed',
  without:
    'A client that is still sending its request when the answer is sent may get a reset instead of the answer.',
};

export const SOCKET_DESTROY: Internal = {
  name: 'net.Socket#destroy by http.Server#closeIdleConnections',
  kind: 'patch',
  expected: 'called for every idle connection, and for no other',
  usedFor: 'asks Node which connections of an HTTP server are idle, without closing them',
  without: 'Idle connections of a draining worker are closed even though a request may have arrived.',
};

type Message = http.ServerResponse | http.ClientRequest;

/** The message that a connection is busy with. */
export function messageUnderWay(socket: net.Socket): Message | undefined {
  return (socket as { readonly _httpMessage?: Message | null })._httpMessage ?? undefined;
}

/** If an answer has a connection, the connection must name the answer. */
export function checkMessageUnderWay({ socket }: http.ServerResponse): void {
  if (socket) warnUnlessThere(HTTP_MESSAGE, '_httpMessage' in socket);
}

/** Calls back with the status when the headers of an answer are about to be sent. */
export function beforeHeaders(response: http.ServerResponse, act: (status: number) => void): void {
  if (!warnUnlessThere(WRITE_HEAD, hasMethods(response, 'writeHead'))) return;
  const original = response.writeHead.bind(response) as (...args: unknown[]) => http.ServerResponse;
  response.writeHead = (...args: unknown[]) => {
    act(typeof args[0] === 'number' ? args[0] : response.statusCode);
    return original(...args);
  };
}

/** Lets `instead` decide when the connection is closed after its last answer. */
export function aroundLastClose(socket: net.Socket, instead: (close: () => void) => void): void {
  if (!warnUnlessThere(DESTROY_SOON, hasMethods(socket, 'destroySoon'))) return;
  const close = socket.destroySoon.bind(socket);
  socket.destroySoon = () => instead(close);
}

/** Until the shield is lifted, destroy() does not destroy the socket and calls `instead`. Returns the function that lifts it. */
export function shieldFromDestroy(socket: net.Socket, instead: () => void): () => void {
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
