import { readFileSync } from 'node:fs';
import { messageOf } from '../common/errors';

/** Why files cannot be watched, and what helps. */
export function watchTrouble(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return limited('max_user_watches', 'watches of inotify', '524288');
  if (code === 'EMFILE' && process.platform === 'linux')
    return limited('max_user_instances', 'instances of inotify', '1024');
  return messageOf(error);
}

function limited(setting: string, what: string, enough: string): string {
  const limit = limitOf(setting);
  return (
    `the ${what} of this user are used up (fs.inotify.${setting}${limit === undefined ? '' : ` is ${limit}`}). ` +
    `Watch fewer folders, or raise the limit: sudo sysctl fs.inotify.${setting}=${enough}`
  );
}

function limitOf(setting: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/fs/inotify/${setting}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
