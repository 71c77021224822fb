import { readFileSync } from 'node:fs';
import { isLessThanUs } from '../common/as-identity';
import type { SocketQuery } from '../common/socket-query';

const EACCES = -13;

const FIRST_FREE_PORT = 1024;

/** The first descriptor after the standard streams, where a service manager's sockets begin. */
const FIRST_PASSED_FD = 3;

/** The parts of the environment that the check reads. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  readonly firstFreePort: () => number;
}

const HERE: Surroundings = { env: process.env, pid: process.pid, firstFreePort: readFirstFreePort };

/**
 * A process with fewer rights gets from us only what it could open itself: otherwise we would give it every port below
 * 1024 and every descriptor of this process. Returns a negative errno; undefined: it may have the socket. Files of unix
 * sockets are made with its rights, so the system decides. Sockets that the server has opened itself are given without
 * this check.
 */
export function refusalFor(query: SocketQuery, around: Surroundings = HERE): number | undefined {
  if (!isLessThanUs(query.asker)) return undefined;
  if (query.fd !== undefined) return wasPassed(query.fd, around) ? undefined : EACCES;
  return query.port > 0 && query.port < around.firstFreePort() ? EACCES : undefined;
}

/** The process that started this one has passed it as a socket of the service. */
function wasPassed(fd: number, { env, pid }: Surroundings): boolean {
  const { LISTEN_FDS, LISTEN_PID } = env;
  if (LISTEN_PID !== undefined && Number(LISTEN_PID) !== pid) return false;
  return fd >= FIRST_PASSED_FD && fd < FIRST_PASSED_FD + Number(LISTEN_FDS ?? 0);
}

function readFirstFreePort(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  } catch {
    return FIRST_FREE_PORT;
  }
}
