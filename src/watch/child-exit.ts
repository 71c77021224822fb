/** How a child ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It could not be started: no descriptor, no memory, no such program. */
  readonly spawnError?: Error;
  /** Its JavaScript heap was full; only for a thread. For a process, only its last words show that. */
  readonly isHeapFull?: true;
  /** How many processes of its group were left and were killed. Undefined: it led no group, or the number is unknown. */
  readonly leftProcesses?: number | undefined;
  /** Only for an embedded worker. */
  readonly embedded?: EmbeddedEnd;
}

/** How a worker ended that has no process or thread of its own. */
export type EmbeddedEnd =
  /** This is no crash: it is called again. */
  | { readonly kind: 'returned' }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The child goes on, and nothing waits for it any more. isReplaced: the next one runs next to it. */
  | { readonly kind: 'left_behind'; readonly limitMs: number; readonly isReplaced: boolean };

/** For an embedded worker. */
export const EMBEDDED_FAILED = 'run() of the embedded worker failed';

// Signals that the system sends because of what a program does. Others are sent by kill, the OOM killer or a terminal.
const OWN_SIGNALS: ReadonlySet<NodeJS.Signals | null> = new Set<NodeJS.Signals>([
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGSEGV',
  'SIGSYS',
  'SIGTRAP',
]);

/** Whether it ended by itself, or could not even be started: the next one is likely to do the same. */
export function endedByItself({ signal, embedded }: ChildExit): boolean {
  return embedded?.kind !== 'left_behind' && (signal === null || OWN_SIGNALS.has(signal));
}

const CURES: Readonly<Record<string, string>> = {
  EMFILE: 'raise the limit of open files of this process (ulimit -n, LimitNOFILE= of systemd)',
  ENFILE: 'the whole machine has no file descriptor left: raise fs.file-max, or find what leaks them',
  EAGAIN: 'raise the limit of processes (ulimit -u, TasksMax= of systemd, the pids limit of the container)',
  ENOMEM: 'memory is short: run fewer workers, or give the machine or the container more',
};

/** The system lacked descriptors, processes or memory: that passes, and does not count as a crash. */
export interface Shortage {
  readonly errno: string;
  readonly cure: string;
}

/** Undefined: it is another error. */
export function shortageIn(error: Error | undefined): Shortage | undefined {
  const { code, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  // Threads have an error of Node, with the reason in its text.
  const errno =
    code === 'ERR_WORKER_INIT_FAILED' ? Object.keys(CURES).find((name) => message?.includes(name)) : code;
  const cure = errno === undefined ? undefined : CURES[errno];
  return errno === undefined || cure === undefined ? undefined : { errno, cure };
}

export function isShortage(error: Error | undefined): boolean {
  return shortageIn(error) !== undefined;
}

/** "status 1", "signal SIGKILL". */
export function howItEnded({ code, signal }: ChildExit): string {
  return signal === null ? `status ${String(code)}` : `signal ${signal}`;
}
