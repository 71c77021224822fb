import { existsSync } from 'node:fs';
import { livingInGroup } from '../common/proc-stat';
import { signalGroup } from '../common/signals';

/**
 * Ends what is left of a process group whose leader was just collected. Returns how many processes there were;
 * undefined: some, but the system does not say how many.
 *
 * The kernel gives the number of a group to no new process while the group has members. So if a process has this pid
 * now, the group was empty, and nothing is left of it.
 */
export function endRestOfGroup(leader: number): number | undefined {
  if (existsSync(`/proc/${leader}`)) return 0;
  // Listing them takes longer, and hardly any program leaves processes behind.
  const left = hasMembers(leader) ? livingInGroup(leader) : [];
  // All at once: a process that forks meanwhile is killed with its child.
  if (left?.length !== 0) signalGroup(leader, 'SIGKILL');
  return left?.length;
}

function hasMembers(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    // A process that we may not signal.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
