// What /proc tells of processes.
import { readdirSync, readFileSync } from 'node:fs';

/** Proportional memory, in MB; 0 of a process that is gone. */
export function pssMb(pid) {
  const match = /^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`));
  return match ? Number(match[1]) / 1024 : 0;
}

/** Processor time so far. In nanoseconds per thread, where utime and stime of /proc/PID/stat come in ticks of 10 ms. */
export function cpuMs(pid) {
  const nanoseconds = namesIn(`/proc/${pid}/task`).map((thread) =>
    Number(textOf(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]),
  );
  return nanoseconds.reduce((sum, value) => sum + value, 0) / 1e6;
}

export function isAlive(pid) {
  const [state] = statOf(pid);
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/**
 * All live processes of a session, and those that have the mark in their environment: a daemon leaves the session,
 * a program that sets its title overwrites its environment.
 */
export function membersOf(session, mark) {
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [state, , , sessionId] = statOf(pid);
      if (state === undefined || state === 'Z' || state === 'X') return false;
      return Number(sessionId) === session || textOf(`/proc/${pid}/environ`).includes(mark);
    });
}

/** From the state on: what stands before it is a name that may hold anything. */
function statOf(pid) {
  const text = textOf(`/proc/${pid}/stat`);
  return text === '' ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function textOf(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function namesIn(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
