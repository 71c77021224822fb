import { existsSync } from 'node:fs';
import { join } from 'node:path';

// Loaded before the program, and in threads: it imports nothing of ours.

/** The API of native/fork.c. A number below 0 is an errno of the system. */
export interface NativeForks {
  /** 1: each message is read as it was written; 0: a stream of bytes. */
  socketPair(isOfMessages: 0 | 1): number | readonly [number, number];
  /** Asks a template whether it answers. 0. Does not block. */
  ask(control: number): number;
  /** The next answer: to ask() 1, to request() the pid. 0: there was none within that time, in which it blocks. */
  hear(control: number, timeoutMs: number): number;
  /**
   * While it is on, processes below this one that lose their parent become its children. It is on as long as anybody
   * wants it. 0.
   */
  adopt(isOn: 0 | 1): number;
  /** 1: it is a child of this process, dead or alive. 0: it was not within that time, in which it blocks. */
  isChild(pid: number, timeoutMs: number): number;
  /** Asks a template for a process with these descriptors as 0, 1, 2…. 0. Does not block. */
  request(control: number, fds: readonly number[]): number;
  /** 0: it is alive. A pair, once: how it has ended, a status or a signal. */
  reap(pid: number): number | readonly [status: number, signal: number];
  /** Forks a copy of this process as a test: returns 0 in it, its pid here. */
  probe(): number;
  /** Waits and forks, until the other end of `control` is closed. Returns in each child, with its pid. */
  serve(control: number): number;
  /**
   * The event loop of this thread does not end: it calls back when nothing is left to do, with 1, and with 2, 3… as
   * long as the callback adds nothing.
   */
  onIdle(callback: (times: number) => void): number;
  /**
   * Whatever comes in at the descriptor interrupts the JavaScript of this thread and calls back. A thread reads it, which a
   * forked process has to start again. 0, or -errno.
   */
  onStackAsked(fd: number, callback: () => void): number;
  /** Ends the process without joining threads that a forked process has lost. */
  end(status: number): never;
}

/** The native file, which needs a compiler to be made; or why it is missing. */
export type NativeLoading = { readonly native: NativeForks } | { readonly reason: string };

let loading: NativeLoading | undefined;

export function loadNative(): NativeLoading {
  loading ??= load();
  return loading;
}

function load(): NativeLoading {
  const { platform, arch } = process;
  if (platform !== 'linux') return { reason: `fork needs Linux, and this is ${platform}` };
  // Not require.resolve(): bundlers warn about it.
  if (typeof __dirname === 'undefined') return { reason: 'the program is one bundle with the engine' };
  const name = `fork-linux-${arch}.node`;
  const file = join(__dirname, '..', '..', 'native', 'built', name);
  if (!existsSync(file)) {
    return {
      reason: `there is no native/built/${name}: run npm run build:native in the package of the engine, or leave the engine out of the bundle`,
    };
  }
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- it is no module for import()
    return { native: require(file) as NativeForks };
  } catch (error) {
    return {
      reason: `native/built/${name} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
