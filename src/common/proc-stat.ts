import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * When a process began, in ticks since the boot of the system: together with the pid this identifies the process, even
 * if the pid is reused. Undefined if /proc is not available, or the process is gone.
 */
export function startTicks(pid: number): string | undefined {
  return fieldsFromState(pid)?.[19];
}

/** Of the system: sysconf(_SC_CLK_TCK), which is 100 wherever Node runs. */
const TICK_MS = 10;

/** How much CPU time a process has used, with all its threads. Undefined if /proc is not available. */
export function processorMs(pid: number): number | undefined {
  return spentMs(fieldsFromState(pid));
}

/** How much CPU time one thread of this process has used. */
export function threadProcessorMs(kernelId: number): number | undefined {
  return spentMs(fieldsFromState(`self/task/${kernelId}`));
}

function spentMs(fields: readonly string[] | undefined): number | undefined {
  return fields && (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The id by which the kernel knows the calling thread, which Node does not tell. Undefined if /proc is not available. */
export function ownKernelId(): number | undefined {
  try {
    // PID/task/ID
    return Number(readlinkSync('/proc/thread-self').split('/')[2]);
  } catch {
    return undefined;
  }
}

/** Whether its main thread runs, or wants to. */
export function isRunnable(pid: number): boolean {
  return fieldsFromState(pid)?.[0] === 'R';
}

/** Whether it has ended, and only waits until its parent reads its status. */
export function isZombie(pid: number): boolean {
  return fieldsFromState(pid)?.[0] === 'Z';
}

/** Every living process of that group, by pid. Undefined if /proc is not available. */
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

/** The number of children that have ended and were not collected. Undefined if /proc is not available. */
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

/** All processes. @throws if there is no /proc. */
export function allPids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The fields from the third on: the command name before them may hold spaces and brackets. */
function fieldsFromState(pid: number | string): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
