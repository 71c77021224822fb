import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';

const OTHERS = 0o077;
const WORLD_WRITABLE = 0o002;
const STICKY = 0o1000;

/** What was checked, so that it can be checked again. */
interface Seen {
  readonly device: number;
  readonly inode: number;
}

/**
 * A path that may be given the token: a socket of this very user or of root, to which nobody else can connect, in a
 * place where nobody else could have put another one. `isStill()` says, once connected, whether it is still the same
 * socket. Otherwise a reason, in words that follow the path. A path without a socket is left to connect().
 */
export function trustedPlace(
  path: string,
  uid = process.geteuid?.(),
): { readonly isStill: () => boolean } | { readonly reason: string } {
  const isAnything = { isStill: () => true };
  // Systems without such users.
  if (uid === undefined) return isAnything;
  const found = look(path);
  if (!found?.stats.isSocket()) return { isStill: () => !look(path)?.stats.isSocket() };
  const { stats, real } = found;
  const directory = lstatSync(dirname(real));
  const reason = reasonAgainst(stats, directory, uid);
  if (reason !== undefined) return { reason };
  const seen = identify(stats);
  return {
    isStill: () => {
      const now = look(path);
      if (!now) return false;
      const { device, inode } = identify(now.stats);
      return device === seen.device && inode === seen.inode;
    },
  };
}

function reasonAgainst(stats: Stats, directory: Stats, uid: number): string | undefined {
  const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
  if (stats.uid !== uid && stats.uid !== 0) {
    return (
      `belongs to user number ${stats.uid}, and this process runs as ${uid}: its token was not sent there. ` +
      'Run the manager as the same user'
    );
  }
  if ((stats.mode & OTHERS) !== 0) {
    return (
      `has mode ${mode}, so that other users can connect to it: the token was not sent there. ` +
      'A manager makes it 0600; correct the mode'
    );
  }
  if ((directory.mode & WORLD_WRITABLE) !== 0 && (directory.mode & STICKY) === 0) {
    return (
      'is in a directory in which every user can replace it: the token was not sent there. ' +
      'Use another directory, or set its sticky bit (chmod +t)'
    );
  }
  return undefined;
}

function look(path: string): { readonly stats: Stats; readonly real: string } | undefined {
  try {
    const real = realpathSync(path);
    return { stats: lstatSync(real), real };
  } catch {
    return undefined;
  }
}

function identify({ dev, ino }: Stats): Seen {
  return { device: dev, inode: ino };
}
