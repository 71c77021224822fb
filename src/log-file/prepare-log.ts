import { closeSync, constants, fchownSync, fstatSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { actFor } from '../common/act-for';
import { ConfigError, messageOf } from '../common/errors';
import { irregularity } from '../common/file-kind';
import type { Identity } from '../common/identity';
import { openForAppending, streamBehind } from './open-log';
import { NOFOLLOW, NONBLOCK } from '../common/open-flags';

const APPEND = constants.O_WRONLY | constants.O_APPEND | NOFOLLOW | NONBLOCK;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * While we still are root, makes sure that the user that we switch to can open the log. Later the log is opened only
 * with the rights of that user: otherwise the owner of the log's folder could make root open, and give away, any file
 * of the system. So root makes the log only if that user may not, in a folder of root.
 * @throws ConfigError
 */
export function prepareLog(path: string, mode: number, identity: Identity | undefined): void {
  if (!identity || streamBehind(path) !== undefined) return;
  try {
    actFor(
      identity,
      path,
      (at, owner) => {
        // Anything but a file is opened once, later: the reader of a FIFO would see it end.
        if (statSync(at, { throwIfNoEntry: false })?.isFile() === false) return;
        closeSync(owner ? openAndGive(at, mode, owner) : openForAppending(at, mode));
      },
      'is followed',
    );
  } catch (error) {
    throw new ConfigError(
      'ERR_CONFIG_INVALID',
      `log: cannot open ${path}: ${messageOf(error)}. The directory must exist and be writable by the user the server runs as, or by nobody but root.`,
      { cause: error },
    );
  }
}

function openAndGive(at: string, mode: number, { uid, gid }: Identity): number {
  const fd = makeOrOpen(at, mode);
  try {
    if (fstatSync(fd).uid !== uid) fchownSync(fd, uid ?? -1, gid);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function makeOrOpen(at: string, mode: number): number {
  try {
    return openSync(at, APPEND | constants.O_CREAT | constants.O_EXCL, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const fd = openSync(at, APPEND);
  const reason = whyNotToGive(fd, dirname(at));
  if (reason === undefined) return fd;
  closeSync(fd);
  throw new Error(reason);
}

/** An existing file: only root can have put it there, under no other relevant name. */
function whyNotToGive(fd: number, folder: string): string | undefined {
  const file = fstatSync(fd);
  const { uid, mode } = statSync(folder);
  if (!file.isFile()) return `there is ${irregularity(file) ?? 'something else'}`;
  if (file.nlink > 1) return 'there is a hard link to another file';
  if (file.uid === 0 && uid === 0 && (mode & WRITABLE_BY_OTHERS) === 0) return undefined;
  return `there is a file of user ${String(file.uid)}, in a folder that users other than root may write to: give it to the user that the server becomes (chown)`;
}
