import { ConfigError } from '../common/errors';
import type { RegistryEntry } from '../sockets/socket-registry';

/** Which process systemd passes sockets to: every process below inherits the environment. */
export function socketsAreFor(): 'nobody' | 'this process' | 'another process' {
  const { LISTEN_FDS: count, LISTEN_PID: pid } = process.env;
  if (count === undefined || pid === undefined) return 'nobody';
  return pid === String(process.pid) ? 'this process' : 'another process';
}

/** @throws ConfigError (as a rejection) when one of them cannot be shared. */
export async function passedSockets(): Promise<readonly RegistryEntry[]> {
  if (socketsAreFor() !== 'this process') return [];
  return (await import('../systemd/activated-sockets')).activatedSockets();
}

/** A daemon is not the process to which systemd gave the sockets. @throws ConfigError */
export function refuseActivationOfDaemon(): void {
  if (socketsAreFor() !== 'this process') return;
  throw new ConfigError(
    'ERR_SOCKET_ACTIVATION',
    'systemd passes sockets (LISTEN_FDS), and a daemon does not get them: use daemonize: false, and Type=notify in the unit.',
  );
}
