import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeIfDead } from '../sockets/unix-probe';
import { isGenerated, socketDirectory } from './path';

/**
 * Removes the files of managers that were killed by SIGKILL: nobody else does, as the next manager has another path. Only
 * paths that were generated, and of those only what nobody listens on; what belongs to other users stays.
 */
export async function removeLeftFiles(directory = socketDirectory()): Promise<void> {
  for (const name of namesIn(directory)) {
    if (!isGenerated(name)) continue;
    // A file that cannot be looked at or removed is left: it harms nobody.
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
