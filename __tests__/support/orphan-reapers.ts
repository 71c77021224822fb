import { readdirSync, readFileSync } from 'node:fs';
import { isAlive } from './processes';

/** The helper processes that a process has started to end its orphans. */
export function reapersOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isAlive(pid) && isReaperOf(parent, pid));
}

function isReaperOf(parent: number, pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    const parentOfPid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    const commandLine = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8');
    return parentOfPid === parent && commandLine.includes('serverengine-orphan-reaper');
  } catch {
    return false;
  }
}
