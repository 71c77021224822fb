import { readFileSync, readlinkSync } from 'node:fs';
import { ConfigError, messageOf } from '../common/errors';
import type { SocketQuery } from '../common/socket-query';
import { holdSocket } from '../sockets/held-socket';
import type { RegistryEntry } from '../sockets/socket-registry';
import { listenFds, type ListenFd } from './listen-fds';
import { findSocket, type SocketTables } from './proc-sockets';
import { queriesFor } from './socket-questions';

/**
 * The sockets that systemd has opened for this process (socket activation), each under every query with which the
 * program may ask for it.
 * @throws ConfigError when one of them is not a socket that can be shared.
 */
export function activatedSockets(): readonly RegistryEntry[] {
  return listenFds(process.env, process.pid).flatMap(take);
}

function take({ fd, name }: ListenFd): readonly RegistryEntry[] {
  // The kernel does not list a TCP socket until a process listens on it.
  const known = findSocket(inodeOf(fd, name), tables()) ?? { kind: 'tcp' };
  if (known.kind === 'unusable') throw unusable(fd, name, known.what);
  const asked: SocketQuery =
    known.kind === 'unix'
      ? { address: undefined, port: -1, addressType: -1, fd }
      : { address: undefined, port: 0, addressType: known.kind === 'tcp' ? 4 : known.kind, fd };
  const held = holdSocket(asked);
  if (typeof held === 'number') throw unusable(fd, name, `errno ${held}`);
  const foreign = { ...held, origin: { name } };
  const queries =
    known.kind === 'unix'
      ? [{ address: known.path, port: -1, addressType: -1 } as const]
      : queriesFor(known.kind, held.sockname);
  if (queries.length === 0)
    throw unusable(fd, name, 'not a TCP, UDP or unix socket of this network namespace');
  return queries.map((query) => ({ query, index: 0, held: foreign }));
}

function inodeOf(fd: number, name: string): string {
  try {
    const link = readlinkSync(`/proc/self/fd/${fd}`);
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    if (inode !== undefined) return inode;
    throw unusable(fd, name, `not a socket but ${link}`);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw unusable(fd, name, messageOf(error));
  }
}

function tables(): SocketTables {
  const read = (name: string): string => {
    try {
      return readFileSync(`/proc/self/net/${name}`, 'latin1');
    } catch {
      // A system without IPv6 does not have this list.
      return '';
    }
  };
  return { tcp: read('tcp'), tcp6: read('tcp6'), udp: read('udp'), udp6: read('udp6'), unix: read('unix') };
}

function unusable(fd: number, name: string, what: string): ConfigError {
  return new ConfigError(
    'ERR_SOCKET_ACTIVATION',
    `The socket ${JSON.stringify(name)} that systemd passes (descriptor ${fd}) cannot be shared by workers: it is ${what}. ` +
      'Use ListenStream= or ListenDatagram= with Accept=no in its socket unit.',
  );
}
