import { ChildProcess } from 'node:child_process';
import dgram from 'node:dgram';
import type http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { activeHandles, connectionCount } from '../node-internals/active-handles';
import { messageUnderWay } from '../node-internals/http-connection';
import { maskPath } from '../config/secret-text';

/** What this thread has open, in more detail than getActiveResourcesInfo() gives. */
export interface OpenThings {
  readonly servers: readonly string[];
  readonly connections: readonly string[];
  readonly children: readonly string[];
  /** HTTP requests that are not answered yet. */
  readonly requests: readonly string[];
}

export function describeOpenThings(handles = activeHandles()): OpenThings {
  const sockets = handles.filter((handle) => handle instanceof net.Socket);
  return {
    servers: handles.flatMap(describeServer),
    connections: sockets.flatMap(describeConnection),
    children: handles.flatMap(describeChild),
    requests: sockets.flatMap(describeRequest),
  };
}

function describeServer(handle: unknown): string[] {
  if (handle instanceof net.Server) {
    const connections = connectionCount(handle);
    const open = connections !== undefined ? `, ${String(connections)} connections` : '';
    return [`listening on ${addressOf(handle)}${open}`];
  }
  return handle instanceof dgram.Socket ? [`datagrams on ${addressOf(handle)}`] : [];
}

function addressOf(server: net.Server | dgram.Socket): string {
  try {
    const address = server.address();
    return typeof address === 'string' ? address : address ? hostAndPort(address) : 'nothing';
  } catch {
    // Not bound yet, or closed a moment ago.
    return 'nothing';
  }
}

function describeConnection(socket: net.Socket): string[] {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  // A pipe, a terminal, or a socket that is still connecting.
  if (remoteAddress === undefined || remotePort === undefined) return [];
  const local = hostAndPort({ address: localAddress ?? '', port: localPort ?? 0 });
  return [`${local} with ${hostAndPort({ address: remoteAddress, port: remotePort })}`];
}

function hostAndPort({ address, port }: Pick<AddressInfo, 'address' | 'port'>): string {
  return `${address.includes(':') ? `[${address}]` : address}:${String(port)}`;
}

/** Without its arguments: they may contain secrets. */
function describeChild(handle: unknown): string[] {
  if (!(handle instanceof ChildProcess)) return [];
  return [`${handle.spawnfile} pid ${String(handle.pid)}`];
}

/**
 * Without the query and what looks like a key, and for requests that we send without the path: they may contain tokens.
 */
function describeRequest(socket: net.Socket): string[] {
  const message = messageUnderWay(socket) as Partial<http.ServerResponse & http.ClientRequest> | undefined;
  if (!message) return [];
  if (message.req) {
    const { method = '', url = '' } = message.req;
    return [`answering ${method} ${maskPath(url)}`];
  }
  return [`waiting for ${message.method ?? ''} to ${message.host ?? ''}`];
}
