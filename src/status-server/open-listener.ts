import { chmodSync } from 'node:fs';
import { promises as dns } from 'node:dns';
import { isIP, type Server } from 'node:net';
import type { ListenAddress } from '../common/listen-address';
import type { SocketQuery } from '../common/socket-query';
import { acceptFrom } from '../node-internals/listening-handle';
import { EADDRINUSE, holdSocket, socketError, type HeldSocket } from '../sockets/held-socket';
import { removeFile } from '../sockets/unix-file';
import type { RegistryEntry } from '../sockets/socket-registry';
import { makeWay } from '../sockets/unix-probe';

const BACKLOG = 128;
/** The mode of a unix socket: its owner and group may connect. */
const FILE_MODE = 0o660;

export interface Listener {
  /** The actual address: with the port that the system chose. */
  readonly address: ListenAddress;
  /** For a successor. */
  readonly entry: RegistryEntry;
  /** Removes the file of a unix socket. The server is closed by its owner. */
  readonly remove: () => void;
}

/** The query for the socket, as the system needs it. */
export async function queryFor(wanted: ListenAddress): Promise<SocketQuery> {
  if (wanted.kind === 'unix') return { address: wanted.path, port: -1, addressType: -1 };
  const { host, port } = wanted;
  const address = isIP(host) === 0 ? (await dns.lookup(host)).address : host;
  return { address, port, addressType: isIP(address) === 6 ? 6 : 4 };
}

/**
 * Makes a server listen there, but not by its listen(): workers that are embedded in this process watch those calls, and would
 * close the server with their own. taken: a socket that a predecessor has bound. @throws the error that Node would give, such as
 * EADDRINUSE.
 */
export async function openListener(
  server: Server,
  wanted: ListenAddress,
  taken?: HeldSocket,
): Promise<Listener> {
  const query = await queryFor(wanted);
  const held = taken ?? (wanted.kind === 'unix' ? await openPath(wanted.path, query) : holdSocket(query));
  if (typeof held === 'number') throw socketError(held, 'listen', query);
  if (wanted.kind === 'unix' && !taken) chmodSync(wanted.path, FILE_MODE);
  const errored = new Promise<Error>((resolve) => server.once('error', resolve));
  const listening = new Promise<undefined>((resolve) => server.once('listening', () => resolve(undefined)));
  acceptFrom(server, held.handle, BACKLOG);
  const error = await Promise.race([listening, errored]);
  if (error) throw error;
  const address = wanted.kind === 'tcp' ? { ...wanted, port: Number(held.sockname['port']) } : wanted;
  return { address, entry: { query, index: 0, held }, remove: () => held.file && removeFile(held.file) };
}

async function openPath(path: string, query: SocketQuery): Promise<HeldSocket | number> {
  const tidyUp = await makeWay(path);
  if (!tidyUp) return EADDRINUSE;
  const held = holdSocket(query);
  tidyUp();
  return held;
}
