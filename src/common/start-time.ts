import { readFileSync } from 'node:fs';

/**
 * When a process began, in ticks since the system was booted: with its pid it names that process and no later one.
 * Undefined where /proc does not tell, or the process is gone.
 */
export function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22. The command name, field 2, may hold spaces and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
