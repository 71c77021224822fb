// Facts about processes from /proc.
import { readdirSync, readFileSync } from 'node:fs';

/** Proportional memory in MB, or 0 for a process that is gone. */
export function pssMb(pid) {
  const match = /^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`));
  return match ? Number(match[1]) / 1024 : 0;
}

/** Processor time so far. In nanoseconds per thread, because utime and stime of /proc/PID/stat have ticks of 10 ms. */
export function cpuMs(pid) {
  const nanoseconds = namesIn(`/proc/${pid}/task`).map((thread) =>
    Number(textOf(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]),
  );
  return nanoseconds.reduce((sum, value) => sum + value, 0) / 1e6;
}

export function isAlive(pid) {
  const { state } = statOf(pid);
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/**
 * All live processes of a session, and those with the mark in their environment: a daemon leaves the session, and a
 * program that sets its title overwrites its environment.
 */
export function membersOf(session, mark) {
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      if (!isAlive(pid)) return false;
      return statOf(pid).session === session || textOf(`/proc/${pid}/environ`).includes(mark);
    });
}

/** Empty for a process that is gone. */
export function statOf(pid) {
  const text = textOf(`/proc/${pid}/stat`);
  if (text === '') return {};
  // The name before the state may contain anything.
  const [state, ppid, , session] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state, ppid: Number(ppid), session: Number(session) };
}

/** The environment at the start of the process. */
export function environmentOf(pid) {
  const entries = textOf(`/proc/${pid}/environ`).split('\0').filter(Boolean);
  return Object.fromEntries(entries.map((entry) => splitAt(entry, entry.indexOf('='))));
}

/** The memory of a process in MB, and its numbers of descriptors and threads. */
export function holdingsOf(pid) {
  const status = textOf(`/proc/${pid}/status`);
  const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return {
    rssMb: number('VmRSS') / 1024,
    pssMb: pssMb(pid),
    descriptors: namesIn(`/proc/${pid}/fd`).length,
    threads: number('Threads'),
  };
}

/** The names of its children that have ended, and whose end it has not taken notice of. */
export function zombiesOf(pid) {
  return namesIn('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const { state, ppid } = statOf(Number(name));
    return state === 'Z' && ppid === pid ? [textOf(`/proc/${name}/comm`).trim()] : [];
  });
}

/** How many parts its memory has. */
export function mappingsOf(pid) {
  return textOf(`/proc/${pid}/maps`).split('\n').length - 1;
}

function splitAt(text, index) {
  return [text.slice(0, index), text.slice(index + 1)];
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
