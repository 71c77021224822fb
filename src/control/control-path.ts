import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError, messageOf } from '../common/errors';
import { fromStart } from '../common/start-directory';
import type { EngineConfig } from '../config/engine-config';

const SUFFIX = '.sock';

/** The default path of the control socket of an engine with that pid file. */
export function socketBeside(pidPath: string): string {
  return `${pidPath}${SUFFIX}`;
}

/** Absolute; undefined: no socket. */
export function controlPath({ controlSocket, pidPath }: EngineConfig): string | undefined {
  if (controlSocket === false || (controlSocket === undefined && process.platform === 'win32'))
    return undefined;
  const path = controlSocket ?? (pidPath === undefined ? undefined : socketBeside(pidPath));
  return path === undefined ? undefined : fromStart(path);
}

const OTHERS_MAY_WRITE = 0o002;
const GROUP_MAY_WRITE = 0o020;
const STICKY = 0o1000;

/**
 * In a folder that others may write to, another user could replace our socket and receive what is meant for the engine.
 * @throws ConfigError
 */
export function checkFolder(path: string): void {
  const folder = dirname(path);
  let stats;
  try {
    stats = statSync(folder);
  } catch (error) {
    throw refused(`its folder ${folder} cannot be checked: ${messageOf(error)}`);
  }
  const { uid, gid, mode } = stats;
  const [user, group] = [process.geteuid?.(), process.getegid?.()];
  if (user !== undefined && uid !== user && uid !== 0)
    throw refused(`its folder ${folder} belongs to user ${uid}, and the engine runs as user ${user}`);
  if ((mode & STICKY) !== 0) return;
  const isOpenToGroup = (mode & GROUP_MAY_WRITE) !== 0 && gid !== group && gid !== 0;
  if ((mode & OTHERS_MAY_WRITE) !== 0 || isOpenToGroup) {
    const given = (mode & 0o777).toString(8);
    throw refused(`its folder ${folder} may be written to by others, got mode ${given}`);
  }
}

function refused(what: string): ConfigError {
  return new ConfigError(
    'ERR_CONFIG_INVALID',
    `controlSocket: ${what}. Give a path in a folder that belongs to root or to the user of the engine, and that no other user may write to.`,
  );
}
