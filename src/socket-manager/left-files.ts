import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeIfDead } from '../sockets/unix-probe';
import { isGenerated, socketDirectory } from './path';

/**
 * Removes the files of managers that were killed by SIGKILL: nothing else does, because the next manager has another
 * path. It removes only generated paths on which nothing listens; files of other users stay.
 */
export async function removeLeftFiles(directory = socketDirectory()): Promise<void> {
  for (const name of namesIn(directory)) {
    if (!isGenerated(name)) continue;
    // A file that cannot be checked or removed stays: it does no harm.
    await removeIfDead(join(directory, name)).catch(() => {});
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
