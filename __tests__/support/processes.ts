import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';

/** Whether a process with that pid runs. One that only waits for its parent to read its status does not count. */
export function isAlive(pid: number): boolean {
  return stateOf(pid) !== undefined;
}

/** Its name in top and ps -o comm. Undefined when it is gone. */
export function nameOf(pid: number): string | undefined {
  return processLine(pid, 'status', 'Name');
}

/** Its state as in ps (R, S, T…); undefined when it is gone. */
export function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    const state = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0];
    return state === 'Z' || state === 'X' ? undefined : state;
  } catch {
    return undefined;
  }
}

/** A line of /proc/PID/status or /proc/PID/io; undefined when it is gone. */
export function processLine(pid: number, file: 'status' | 'io', name: string): string | undefined {
  try {
    const lines = readFileSync(`/proc/${String(pid)}/${file}`, 'utf8').split('\n');
    return lines
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  } catch {
    return undefined;
  }
}

/** Whether it ignores this signal. */
export function ignoresSignal(pid: number, signal: NodeJS.Signals): boolean {
  const mask = processLine(pid, 'status', 'SigIgn');
  return mask !== undefined && ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

/** Sends a signal, and ignores that the process is gone already. A negative pid is a group. */
export function signalPid(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Every live process that was started with this `NAME=value` in its environment. */
export function markedPids(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => environmentOf(pid).includes(`\0${mark}\0`) && isAlive(pid));
}

/** With a NUL before and after each variable. */
function environmentOf(pid: number): string {
  try {
    return `\0${readFileSync(`/proc/${String(pid)}/environ`, 'latin1')}\0`;
  } catch {
    return '';
  }
}

/** How many descriptors a process has open. */
export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${String(pid)}/fd`).length;
}

/** The TCP ports that a process listens on. */
export function listeningPorts(pid: number): number[] {
  const sockets = new Set(
    readdirSync(`/proc/${String(pid)}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${String(pid)}/fd/${fd}`);
      } catch {
        return '';
      }
    }),
  );
  return readFileSync(`/proc/${String(pid)}/net/tcp`, 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.has(`socket:[${inode ?? ''}]`))
    .map(([, address = '']) => Number.parseInt(address.split(':')[1] ?? '', 16));
}
