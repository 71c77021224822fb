import { existsSync } from 'node:fs';
import { join } from 'node:path';

// Loaded before the program, and in threads: it imports nothing of ours.

/** What native/fork.c offers. A number below 0 is an errno of the system. */
export interface NativeForks {
  /** 1: each message is read as it was written; 0: as a stream of bytes. */
  socketPair(isOfMessages: 0 | 1): number | readonly [number, number];
  /** Asks a template for a child of this process that has these descriptors as 0, 1, 2…. Its pid. Blocks. */
  request(control: number, fds: readonly number[], timeoutMs: number): number;
  /** 0: it lives. A pair, once: how it has ended, a status or a signal. */
  reap(pid: number): number | readonly [status: number, signal: number];
  /** A copy of this process, for a try: 0 in it, its pid here. */
  probe(): number;
  /** Waits and forks, until the other end of `control` is closed. Returns in each child: its pid. */
  serve(control: number): number;
  /**
   * The event loop of this thread does not end: it calls back when nothing is left to do, with 1, and with 2, 3… as long as
   * nothing came of that.
   */
  onIdle(callback: (times: number) => void): number;
  /** Without joining threads that a forked process has lost. */
  end(status: number): never;
}

/** The small file that only a compiler makes; or why there is none. */
export type NativeLoading = { readonly native: NativeForks } | { readonly reason: string };

let loading: NativeLoading | undefined;

export function loadNative(): NativeLoading {
  loading ??= load();
  return loading;
}

function load(): NativeLoading {
  const { platform, arch } = process;
  if (platform !== 'linux') return { reason: `fork needs Linux, and this is ${platform}` };
  // Not require.resolve(): bundlers warn of that.
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
