import { ChildProcess, type SpawnOptions } from 'node:child_process';
import { hasMethods, warnUnlessThere, type Internal } from './shape';

export const CHILD_HANDLE: Internal = {
  name: "ChildProcess#spawn and the private '_handle' of a ChildProcess",
  kind: 'private',
  expected:
    'spawn(options), which calls _handle.spawn(options) with its pipes in options.stdio, and _handle.onexit',
  usedFor: 'makes a forked process a ChildProcess like any other (workerStart)',
  without: 'Workers are spawned, not forked.',
};

/** A process that exists. */
export interface ForkedProcess {
  readonly pid: number;
  /** Our end of a pipe, by its number in the process. It belongs to the ChildProcess from then on. */
  readonly take: (place: number) => number | undefined;
  /** Status and signal; '': there was none. */
  readonly onEnd: (callback: (status: number, signal: string) => void) => void;
}

/** EPROTO: Node closes the pipes, and throws. For some other errors it emits an event, and leaves the pipes open. */
const FAILED = -71;

interface StdioEntry {
  readonly type: string;
  readonly handle?: { open(fd: number): unknown };
}

interface Handle {
  pid: number;
  onexit: (status: number, signal: string) => void;
  spawn(...given: unknown[]): number;
}

interface Internals {
  _handle: Handle;
  spawn(options: object): number;
}

/** Whether a forked process can be made a ChildProcess at all. */
export function canBeChild(): boolean {
  const child = new ChildProcess() as unknown as Internals;
  const isThere = warnUnlessThere(CHILD_HANDLE, isAsExpected(child));
  if (isThere) letGo(child._handle);
  return isThere;
}

/**
 * Makes a ChildProcess for a process that was started in another way than by spawn(): with the same streams, channel
 * and events. Undefined: that is not possible.
 */
export function forkedChild(
  file: string,
  { stdio, serialization }: Pick<SpawnOptions, 'stdio' | 'serialization'>,
  { pid, take, onEnd }: ForkedProcess,
): ChildProcess | undefined {
  const child = new ChildProcess();
  const internals = child as unknown as Internals;
  const { onexit } = internals._handle;
  letGo(internals._handle);
  const handle = {
    pid: 0,
    onexit,
    spawn: (...given: unknown[]): number => {
      const entries = stdioIn(given);
      if (!warnUnlessThere(CHILD_HANDLE, entries !== undefined) || !entries) return FAILED;
      try {
        for (const [place, { handle: pipe, type }] of entries.entries()) {
          const own = pipe && type !== 'wrap' ? take(place) : undefined;
          const failed = own === undefined ? undefined : pipe?.open(own);
          if (typeof failed === 'number' && failed < 0) return FAILED;
        }
      } catch {
        return FAILED;
      }
      handle.pid = pid;
      onEnd((status, signal) => handle.onexit(status, signal));
      return 0;
    },
    kill: (signal: number): number => {
      try {
        process.kill(handle.pid, signal);
        return 0;
      } catch (error) {
        return (error as NodeJS.ErrnoException).errno ?? -1;
      }
    },
    close: () => {},
    ref: () => {},
    unref: () => {},
    hasRef: () => true,
  };
  internals._handle = handle;
  try {
    internals.spawn({ file, args: [file], stdio, serialization });
  } catch (error) {
    if (handle.pid !== 0) throw error;
  }
  return handle.pid === 0 ? undefined : child;
}

/** Node never frees a handle that has made no process. So it must not keep what belongs to the child: 24 kB each. */
function letGo(unused: Handle): void {
  Reflect.deleteProperty(unused, 'onexit');
  for (const symbol of Object.getOwnPropertySymbols(unused)) Reflect.deleteProperty(unused, symbol);
}

function isAsExpected(child: Internals): boolean {
  return hasMethods(child, 'spawn') && hasMethods(child._handle, 'onexit', 'spawn', 'kill');
}

/** In an object up to Node 22; later as a separate argument. */
function stdioIn(given: readonly unknown[]): readonly StdioEntry[] | undefined {
  const [first] = given as readonly [{ readonly stdio?: unknown } | undefined];
  return [first?.stdio, ...given].find(
    (one): one is readonly StdioEntry[] =>
      Array.isArray(one) &&
      one.length > 0 &&
      one.every((entry) => typeof (entry as StdioEntry | null)?.type === 'string'),
  );
}
