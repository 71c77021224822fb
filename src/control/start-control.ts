import { mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BlockingFlag } from '../common/blocking-flag';
import { ConfigError, messageOf } from '../common/errors';
import { packageVersion } from '../common/version';
import type { EngineConfig } from '../config/engine-config';
import type { Logger } from '../record/logger';
import { listenPrivately } from '../sockets/listen-privately';
import { idOf, unlink } from '../sockets/unix-file';
import { ControlClient } from './control-client';
import { checkFolder, controlPath } from './control-path';
import { ControlServer, type ControlServerDeps } from './control-server';

export interface ControlDeps extends Omit<ControlServerDeps, 'hello'> {
  readonly engine: EngineConfig;
  readonly logger: Logger;
  /** Set when the server is up. */
  readonly isUp: BlockingFlag;
  /** The main process that this one replaces in an upgrade. */
  readonly predecessor: number | undefined;
}

// Long enough for an engine under load; a hanging engine is not waited for longer.
const PROBE_LIMIT_MS = 1000;

interface ControlSocket {
  close(): Promise<void>;
}

const NO_SOCKET: ControlSocket = { close: () => Promise.resolve() };

/**
 * Opens the control socket. The socket of a predecessor is replaced in one step once this tree is up: until then the
 * predecessor gets the commands.
 * @throws ConfigError (as a rejection) when a configured socket cannot be opened. Without the default socket the engine
 * still runs.
 */
export async function startControl(deps: ControlDeps): Promise<ControlSocket> {
  const { engine, logger } = deps;
  const path = controlPath(engine);
  if (path === undefined) return NO_SOCKET;
  try {
    return await openSocket(path, deps);
  } catch (error) {
    if (engine.controlSocket !== undefined) throw error;
    logger.warn('there is no control socket, so the command serverengine cannot reach this engine', {
      reason: messageOf(error),
    });
    return NO_SOCKET;
  }
}

async function openSocket(path: string, deps: ControlDeps): Promise<ControlSocket> {
  const { engine, isUp, predecessor, logger } = deps;
  makeFolder(path);
  checkFolder(path);
  const role = engine.supervisor ? 'supervisor' : 'server';
  const control = new ControlServer({
    ...deps,
    hello: { version: packageVersion(), pid: process.pid, role },
  });
  let id: string | undefined;
  let isClosed = false;
  const open = async (giveName?: (made: string, path: string) => void): Promise<void> => {
    await listenPrivately(control.server, path, {
      owner: 'controlSocket: the engine',
      cure: '',
      ...(giveName ? { giveName } : {}),
    });
    id = idOf(path);
    logger.debug('control socket opened', { path });
  };
  const isTakenOver = predecessor !== undefined && (await ownerOf(path)) === predecessor;
  if (isTakenOver) {
    void isUp
      .waitForSet()
      .then(() => (isClosed ? undefined : open(renameSync)))
      .catch((error: unknown) => logger.error('the predecessor still has the control socket', { error }));
  } else {
    await open().catch(async (error: unknown) => {
      throw await explained(error, path);
    });
  }
  return {
    close: async () => {
      isClosed = true;
      // Before anything else: a client that looks for the engine from now on must not find it.
      if (id !== undefined && idOf(path) === id) unlink(path);
      await control.close();
    },
  };
}

/** A volume of a pod may be writable by everybody, and has no folder of ours yet. */
function makeFolder(path: string): void {
  try {
    mkdirSync(dirname(path), { mode: 0o700 });
  } catch {
    // It exists already, or the check says what is wrong.
  }
}

/** The pid of the engine that answers there; undefined: none does. */
async function ownerOf(path: string): Promise<number | undefined> {
  try {
    const client = await ControlClient.connect(path, PROBE_LIMIT_MS);
    client.close();
    return client.hello.pid;
  } catch {
    return undefined;
  }
}

async function explained(error: unknown, path: string): Promise<unknown> {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error;
  const pid = await ownerOf(path);
  const whose =
    pid === undefined
      ? 'is in use by a program that is not an engine'
      : `belongs to the engine of process ${pid}, which is running`;
  return new ConfigError(
    'ERR_ENGINE_STATE',
    `controlSocket: ${path} ${whose}. Stop that first, or give another controlSocket.`,
    { cause: error },
  );
}
