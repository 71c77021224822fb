import { isZombie } from './proc-stat';

/** Whether there is a process with that pid. A process that has ended counts until its parent has collected it. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether a process with that pid runs. A zombie, which is common in containers, does not. */
export function isRunning(pid: number): boolean {
  return isThere(pid) && !isZombie(pid);
}
