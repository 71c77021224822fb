import type { RunningEngine } from '../commands/running-engine';
import { attempt } from '../common/attempt';
import type { BlockingFlag } from '../common/blocking-flag';
import { sleep, systemClock } from '../common/clock';
import { ConfigError, messageOf } from '../common/errors';
import {
  formatListenAddress,
  isLoopback,
  parseListenAddress,
  type ListenAddress,
} from '../common/listen-address';
import { fromStart } from '../common/start-directory';
import type { EngineConfig } from '../config/engine-config';
import type { EventHub } from '../contract/event-hub';
import type { LogCounts } from '../record/log-sink';
import type { Logger } from '../record/logger';
import type { ServiceSockets } from '../sockets/service-sockets';
import type { HeldSocket } from '../sockets/held-socket';
import { queryFor } from './open-listener';
import { StatusServer } from './status-server';

export interface StatusServerContext {
  readonly engine: Pick<EngineConfig, 'statusListen' | 'statusToken' | 'restartBackoffResetMs'>;
  readonly running: RunningEngine;
  readonly events: EventHub;
  readonly logger: Logger;
  readonly isUp: BlockingFlag;
  readonly isSucceeded: BlockingFlag;
  readonly logCounts: () => LogCounts;
  readonly predecessor: number | undefined;
  readonly serviceSockets: ServiceSockets;
}

// Another address with the same port: the predecessor lets go of it as soon as it has heard that we are up.
// Nobody listens in between, so it is tried often; that takes milliseconds unless the predecessor stands still.
const RETRY_MS = 1;
const LONGEST_HAND_OVER_MS = 10_000;
const LATE_RETRY_MS = 1000;

/** @throws ConfigError (as a rejection) when it cannot listen at the address. */
export async function startStatusServer(context: StatusServerContext): Promise<{ close(): Promise<void> }> {
  const { engine, logger, isSucceeded, predecessor, serviceSockets } = context;
  const address = addressOf(engine.statusListen);
  const server = new StatusServer({ ...context, address, clock: systemClock });
  const open = async (taken?: HeldSocket): Promise<void> => logOpened(logger, await server.open(taken));
  const logFailed = (error: unknown): void => logger.error('the status server is not listening', { error });
  try {
    const taken = serviceSockets.take(await queryFor(address))?.held;
    if (taken) attempt(() => openWhenUp(context, server, taken, open), logFailed);
    else await open();
  } catch (error) {
    const isHeld = predecessor !== undefined && codeOf(error) === 'EADDRINUSE';
    if (!isHeld) {
      await server.close();
      throw cannotListen(address, error);
    }
    attempt(() => takeOver(context, server, open), logFailed);
  }
  void isSucceeded.waitForSet().then(() => server.handOver());
  return { close: () => server.close() };
}

/** The predecessor answers from the same socket as long as it serves: no request is refused meanwhile. */
async function openWhenUp(
  { isUp }: StatusServerContext,
  server: StatusServer,
  taken: HeldSocket,
  open: (taken: HeldSocket) => Promise<void>,
): Promise<void> {
  await isUp.waitForSet();
  if (server.isClosed) taken.handle.close();
  else await open(taken);
}

/** The predecessor answers as long as it serves. Then it lets go, and this server takes the address within milliseconds. */
async function takeOver(
  { isUp, logger }: StatusServerContext,
  server: StatusServer,
  open: () => Promise<void>,
): Promise<void> {
  await isUp.waitForSet();
  const begunAt = systemClock.now();
  for (let isLogged = false; !server.isClosed;) {
    try {
      await open();
      return;
    } catch (error) {
      const isLate = systemClock.now() - begunAt > LONGEST_HAND_OVER_MS;
      if (isLate && !isLogged) logger.error('the status server cannot listen; it tries again', { error });
      isLogged ||= isLate;
      await sleep(systemClock, isLate ? LATE_RETRY_MS : RETRY_MS);
    }
  }
}

function addressOf(text: string | undefined): ListenAddress {
  const address = parseListenAddress(text);
  if (!address)
    throw new ConfigError('ERR_CONFIG_INVALID', `statusListen: ${String(text)} is not an address.`);
  return address.kind === 'unix' ? { kind: 'unix', path: fromStart(address.path) } : address;
}

function logOpened(logger: Logger, address: ListenAddress): void {
  const isForAll = address.kind === 'tcp' && !isLoopback(address.host);
  logger.info('status server listening', {
    address: formatListenAddress(address),
    ...(isForAll && { reach: 'everybody who can reach this address can read the status' }),
  });
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}

const CURES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another program listens there, perhaps another engine: end it, or choose another address.',
  EACCES:
    'The user that the engine runs as may not listen there: choose a port from 1024 up, or another directory.',
  EADDRNOTAVAIL: 'This machine does not have that address.',
  ENOENT: 'The directory of the socket must exist.',
};

function cannotListen(address: ListenAddress, error: unknown): ConfigError {
  const cure = CURES[String(codeOf(error))] ?? 'Choose another address.';
  return new ConfigError(
    'ERR_CONFIG_INVALID',
    `statusListen: cannot listen on ${formatListenAddress(address)}: ${messageOf(error)}. ${cure}`,
    { cause: error },
  );
}
