import { ChildProcess, type SpawnOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { hasMethods, warnUnlessThere, type Internal } from './shape';

export const CHILD_HANDLE: Internal = {
  name: "ChildProcess#spawn and the private '_handle' of a ChildProcess",
  kind: 'private',
  expected:
    'spawn(options), which calls _handle.spawn(options) with its pipes in options.stdio, and _handle.onexit',
  usedFor: 'makes a forked process a ChildProcess like any other (workerStart)',
  without: 'Workers are spawned, not forked.',
};

/** What makes the process, and waits for it. */
export interface ChildMaker {
  /** Two connected sockets. @throws the error of the system. */
  readonly pair: () => readonly [number, number];
  /** Its pid, or -errno. What it gets stays open here. */
  readonly make: (fds: readonly number[]) => number;
  /** Status and signal; '': there was none. */
  readonly onEnd: (pid: number, callback: (status: number, signal: string) => void) => void;
}

/** EPROTO: Node closes the pipes, and throws. For some other errors it emits an event, and leaves the pipes open. */
const FAILED = -71;

interface StdioEntry {
  readonly type: string;
  readonly fd?: number;
  readonly handle?: { open(fd: number): void; close(): void };
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

/**
 * Makes a ChildProcess for a process that was started in another way than by spawn(): with the same streams, channel
 * and events. Undefined: it could not be made, and nothing is left of it.
 */
export function forkedChild(
  file: string,
  { stdio, serialization }: Pick<SpawnOptions, 'stdio' | 'serialization'>,
  maker: ChildMaker,
): ChildProcess | undefined {
  const child = new ChildProcess();
  const internals = child as unknown as Internals;
  if (!warnUnlessThere(CHILD_HANDLE, isAsExpected(internals))) return undefined;
  const { onexit } = internals._handle;
  letGo(internals._handle);
  const handle = {
    pid: 0,
    onexit,
    spawn: (...given: unknown[]): number => {
      const entries = stdioIn(given);
      const made =
        warnUnlessThere(CHILD_HANDLE, entries !== undefined) && entries ? makeWith(entries, maker) : -1;
      if (made <= 0) return FAILED;
      handle.pid = made;
      maker.onEnd(made, (status, signal) => handle.onexit(status, signal));
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

/** @returns the pid, or -errno. */
function makeWith(stdio: readonly StdioEntry[], { pair, make }: ChildMaker): number {
  const ownOnly: number[] = [];
  try {
    const fds = stdio.map(({ type, fd, handle }) => {
      if (handle && type !== 'wrap') {
        const [ours, theirs] = pair();
        ownOnly.push(theirs);
        handle.open(ours);
        return theirs;
      }
      if (fd !== undefined) return fd;
      const nothing = openSync('/dev/null', 'r+');
      ownOnly.push(nothing);
      return nothing;
    });
    return make(fds);
  } catch (error) {
    return (error as NodeJS.ErrnoException).errno ?? -1;
  } finally {
    for (const fd of ownOnly) closeSync(fd);
  }
}
