import { inspect } from 'node:util';
import { ServerEngineError } from '../common/errors';
import { descriptorNumber } from '../sockets/socket-descriptor';
import type { SpawnCall } from './spawn-call';

/** The first descriptor after the standard streams: by systemd's convention the sockets begin there. */
const FIRST_SOCKET_FD = 3;

/**
 * The call with the sockets of its options as descriptors 3, 4… of the program, and their count in LISTEN_FDS, as
 * systemd passes them to a service. LISTEN_PID is left out, because the pid is not known before the start.
 * @throws ServerEngineError when they are not sockets, or `stdio` wants something else there.
 */
export function withSockets(who: string, call: SpawnCall): SpawnCall {
  const { sockets, ...options } = call.options;
  if (sockets === undefined) return call;
  if (!Array.isArray(sockets))
    throw wrong(who, `sockets must be a list, got ${inspect(sockets, { depth: 0 })}`);
  const streams = typeof options.stdio === 'string' ? Array(3).fill(options.stdio) : (options.stdio ?? []);
  if (streams.length > FIRST_SOCKET_FD) {
    throw wrong(
      who,
      `sockets take the descriptors from ${FIRST_SOCKET_FD} on, but stdio has ${streams.length} entries`,
    );
  }
  const numbers = sockets.map((socket: unknown, index) => {
    const fd = typeof socket === 'object' && socket !== null ? descriptorNumber(socket) : undefined;
    if (fd !== undefined) return fd;
    throw wrong(who, `sockets[${index}] is not open, got ${inspect(socket, { depth: 0 })}`);
  });
  return {
    ...call,
    options: {
      ...options,
      env: {
        ...(options.env ?? process.env),
        LISTEN_FDS: String(numbers.length),
        // Inherited, it would name another process.
        LISTEN_PID: undefined,
        LISTEN_FDNAMES: undefined,
      },
      stdio: [streams[0], streams[1], streams[2], ...numbers],
    },
  };
}

function wrong(who: string, what: string): ServerEngineError {
  return new ServerEngineError(
    'ERR_SPAWN',
    `${who}: ${what}. Write: sockets: [this.server.sock], where sock comes from listenTcp, listenUdp or listenUnix.`,
  );
}
