import { readFileSync, readlinkSync } from 'node:fs';
import { isOfFile, syscallName } from './syscall-names';

/** What the kernel shows of one thread of a process, whatever its JavaScript is doing. */
export interface KernelView {
  /** As in ps: R runs, S waits, D waits for a device, T is stopped. */
  readonly state: string;
  /** Where in the kernel the process waits. */
  readonly wchan?: string | undefined;
  readonly syscall?: string | undefined;
  /** What that system call reads or writes. */
  readonly file?: string | undefined;
  /** The programs that it has started and that have not ended yet. Names only: arguments may hold secrets. */
  readonly children?: readonly string[] | undefined;
}

/** Reads a file, or the target of a link, of /proc/PID/task/ID; undefined if it may not be read. */
export interface ProcReader {
  file(name: string): string | undefined;
  link(name: string): string | undefined;
  nameOf(pid: string): string | undefined;
}

/** By default of its main thread. Undefined: there is no such process, or no /proc. Call it before a signal wakes the process. */
export function readKernelView(pid: number, thread = pid): KernelView | undefined {
  return kernelView(procReader(`/proc/${pid}/task/${thread}`), process.arch);
}

export function kernelView(proc: ProcReader, arch: string): KernelView | undefined {
  const stat = proc.file('stat');
  if (stat === undefined) return undefined;
  // The name of the command, which comes first, may contain spaces and brackets.
  const state = stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
  const wchan = proc.file('wchan')?.trim();
  const call = parseSyscall(proc.file('syscall'), arch);
  return {
    state,
    wchan: wchan === '' || wchan === '0' ? undefined : wchan,
    syscall: call?.name,
    file: call?.fd === undefined ? undefined : proc.link(`fd/${call.fd}`),
    children: childrenOf(proc),
  };
}

interface Syscall {
  readonly name: string;
  /** Set when it is about a descriptor. */
  readonly fd: number | undefined;
}

/** `running`, or the number of the call and its arguments in hexadecimal; -1: it waits, but not in a call. */
export function parseSyscall(text: string | undefined, arch: string): Syscall | undefined {
  const [number, first] = (text ?? '').trim().split(' ');
  if (number === undefined || !/^\d+$/.test(number)) return undefined;
  const name = syscallName(Number(number), arch);
  const fd = isOfFile(name) ? Number(first) : NaN;
  return { name, fd: Number.isInteger(fd) ? fd : undefined };
}

function childrenOf(proc: ProcReader): readonly string[] | undefined {
  const pids = (proc.file('children') ?? '').split(' ').filter((child) => /^\d+$/.test(child));
  const children = pids.map((child) => `${proc.nameOf(child) ?? 'ended'} (pid ${child})`);
  return children.length === 0 ? undefined : children;
}

/** Whether the process seems to wait for something from the kernel. */
export function isWaiting({ state }: KernelView): boolean {
  return state === 'S' || state === 'D';
}

/** Whether a signal would make a system call fail (EINTR) and the program would not expect that. */
export function isInFileCall({ syscall, state }: KernelView): boolean {
  return state !== 'R' && syscall !== undefined && isOfFile(syscall);
}

/** What it does instead of answering, as far as the kernel knows. `wasTried`: its JavaScript could not be interrupted. */
export function explainView(view: KernelView, wasTried: boolean): string {
  const { state, syscall, file, children } = view;
  if (state === 'T') return 'it was stopped by a signal';
  if (state === 't') return 'it is stopped by a tracer';
  if (state === 'Z' || state === 'X') return 'it has ended';
  if (state === 'R') return wasTried ? 'it is busy in native code' : 'it is busy';
  if (state === 'D') return `it waits for a device${syscall === undefined ? '' : ` in ${syscall}`}`;
  if (children && (syscall === undefined || /^(epoll|wait)/.test(syscall)))
    return `it waits, perhaps for its child process ${children.join(', ')}`;
  if (syscall === undefined) return 'it waits in the kernel';
  return `it waits in the system call ${syscall}${file === undefined ? '' : ` of ${file}`}`;
}

function procReader(folder: string): ProcReader {
  const read = (path: string): string | undefined => quietly(() => readFileSync(path, 'utf8'));
  return {
    file: (name) => read(`${folder}/${name}`),
    link: (name) => quietly(() => readlinkSync(`${folder}/${name}`)),
    nameOf: (child) => read(`/proc/${child}/comm`)?.trim(),
  };
}

function quietly(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
