import type net from 'node:net';
import { hasMethods, warnUnlessThere, type Internal } from './shape';

export const ACTIVE_HANDLES: Internal = {
  name: 'process._getActiveHandles',
  kind: 'private',
  expected: 'a function that lists servers, sockets and child processes that hold the event loop',
  usedFor:
    'dumps, and the warning about what keeps a stopped worker alive: process.report would wait for sleeping threads',
  without: 'Dumps show only kinds and counts of open things.',
};

export const CONNECTIONS: Internal = {
  name: 'net.Server#_connections',
  kind: 'private',
  expected: 'the number of open connections',
  usedFor: 'dumps, which cannot wait for getConnections()',
  without: 'Dumps do not count the connections of a server.',
};

export function activeHandles(): readonly unknown[] {
  const { _getActiveHandles: list } = process as unknown as { _getActiveHandles?: () => readonly unknown[] };
  return warnUnlessThere(ACTIVE_HANDLES, hasMethods(process, '_getActiveHandles'))
    ? (list?.call(process) ?? [])
    : [];
}

export function connectionCount(server: net.Server): number | undefined {
  const { _connections: count } = server as net.Server & { readonly _connections?: unknown };
  return warnUnlessThere(CONNECTIONS, typeof count === 'number') ? Number(count) : undefined;
}
