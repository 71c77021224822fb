import { inspect } from 'node:util';
import { ServerEngineError } from '../common/errors';
import { descriptorNumber } from '../sockets/socket-descriptor';
import type { SpawnCall } from './spawn-call';

/** The first descriptor after the standard streams: where systemd's convention has the sockets begin. */
const FIRST_SOCKET_FD = 3;

/**
 * The call with the sockets of its options as descriptors 3, 4… of the program, and their count in LISTEN_FDS, as
 * systemd hands them to a service. The pid that goes into LISTEN_PID is not known before the start: it is left out.
 * @throws ServerEngineError when they are no sockets, or `stdio` wants something else there.
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
        // From the process that started this one: it would name another process.
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
