import { readdirSync, readFileSync } from 'node:fs';

/**
 * When a process began, in ticks since the system was booted: with its pid it names that process and no later one.
 * Undefined where /proc does not tell, or the process is gone.
 */
export function startTicks(pid: number): string | undefined {
  return fieldsFromState(pid)?.[19];
}

/** Of the system: sysconf(_SC_CLK_TCK), which is 100 wherever Node runs. */
const TICK_MS = 10;

/** How much processor time a process has had, all its threads together. Undefined where /proc does not tell. */
export function processorMs(pid: number): number | undefined {
  const fields = fieldsFromState(pid);
  return fields && (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Whether it has ended, and only waits for somebody to read its status. */
export function isZombie(pid: number): boolean {
  return fieldsFromState(pid)?.[0] === 'Z';
}

/** Every process that lives in that group, by its pid. Undefined where /proc does not tell. */
export function livingInGroup(group: number): readonly number[] | undefined {
  try {
    return allPids().filter((pid) => {
      const [state, , ofGroup] = fieldsFromState(pid) ?? [];
      return Number(ofGroup) === group && state !== 'Z' && state !== 'X';
    });
  } catch {
    return undefined;
  }
}

/** The children of a process that have ended and are not collected. Undefined where /proc does not tell. */
export function zombiesOf(parent: number): number | undefined {
  try {
    return allPids().filter((pid) => {
      const [state, ofParent] = fieldsFromState(pid) ?? [];
      return state === 'Z' && Number(ofParent) === parent;
    }).length;
  } catch {
    return undefined;
  }
}

/** Of every process. @throws where there is no /proc. */
export function allPids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The fields from the third on: the command name before may hold spaces and brackets. */
function fieldsFromState(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
