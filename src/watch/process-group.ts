import { existsSync } from 'node:fs';
import { livingInGroup } from '../common/proc-stat';
import { signalGroup } from '../common/signals';

/**
 * Ends what is left of a process group whose leader has just been waited for. Resolves to how many there were; undefined: some,
 * and the system does not tell how many.
 *
 * The kernel gives the number of a group to no new process while anybody is in it. So a process that has it as its pid now is
 * another's: the group was empty, and there is nothing left of it.
 */
export function endRestOfGroup(leader: number): number | undefined {
  if (existsSync(`/proc/${leader}`)) return 0;
  // To look for them takes longer, and hardly any program leaves somebody behind.
  const left = isAnybodyIn(leader) ? livingInGroup(leader) : [];
  // All at once: one that forks meanwhile is killed with its child.
  if (left?.length !== 0) signalGroup(leader, 'SIGKILL');
  return left?.length;
}

function isAnybodyIn(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    // Somebody whom we may not signal.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
