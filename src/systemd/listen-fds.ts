import { ConfigError } from '../common/errors';

/** A descriptor that the service manager has opened for this process. */
export interface ListenFd {
  readonly fd: number;
  /** FileDescriptorName= of the socket unit; its own name by default. */
  readonly name: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const FIRST = 3;
const MOST = 1024;

/**
 * The descriptors of `LISTEN_FDS`; none if they are meant for another process.
 * @throws ConfigError when the variables make no sense.
 */
export function listenFds(env: Environment, pid: number): readonly ListenFd[] {
  const { LISTEN_FDS: given, LISTEN_PID: forPid, LISTEN_FDNAMES: joined } = env;
  if (given === undefined || forPid !== String(pid)) return [];
  const count = Number(given);
  if (!Number.isInteger(count) || count < 0 || count > MOST)
    throw new ConfigError(
      'ERR_SOCKET_ACTIVATION',
      `LISTEN_FDS must be a number of descriptors from 0 to ${MOST}, got ${JSON.stringify(given)}.`,
    );
  const names = joined === undefined ? [] : joined.split(':');
  return Array.from({ length: count }, (_, index) => ({
    fd: FIRST + index,
    name: names[index] || 'unknown',
  }));
}
