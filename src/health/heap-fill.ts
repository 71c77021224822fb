import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';

const SIZE_OPTION = /^--max[-_]old[-_]space[-_]size=(\d+)$/;
const MB = 2 ** 20;

// V8 tells its limit with that of the young generation in it: 48 MB, since Node 24 192.
const MOST_YOUNG_BYTES = 192 * MB;

/** What decides how large the old generation of a heap may grow. */
export interface HeapBounds {
  readonly execArgv: readonly string[];
  readonly nodeOptions: string | undefined;
  /** Of a thread. */
  readonly threadLimitMb?: number | undefined;
  /** As V8 says. */
  readonly heapSizeLimit: number;
}

/** In bytes. V8 ends the process when the old generation cannot stay below that. */
export function oldSpaceLimit({ execArgv, nodeOptions, threadLimitMb, heapSizeLimit }: HeapBounds): number {
  if (threadLimitMb !== undefined) return threadLimitMb * MB;
  // The last one wins, and the command line over the environment.
  const sizes = [...(nodeOptions?.split(' ') ?? []), ...execArgv].flatMap(
    (argument) => SIZE_OPTION.exec(argument)?.[1] ?? [],
  );
  const limitMb = Number(sizes.at(-1) ?? 0);
  return limitMb > 0 ? limitMb * MB : Math.max(heapSizeLimit - MOST_YOUNG_BYTES, heapSizeLimit / 2);
}

/** What a look at the heap shows. */
export interface HeapLook {
  readonly heapUsedBytes: number;
  /** 0 to 1, and a little more at the end. */
  readonly heapFill: number;
}

/** Of this process or thread. It costs some microseconds. */
export class HeapFill {
  readonly #limitBytes: number;

  /** To be made early: a worker forgets what of its arguments is not for the programs that it starts. */
  constructor(threadLimitMb?: number) {
    this.#limitBytes = oldSpaceLimit({
      execArgv: process.execArgv,
      nodeOptions: process.env['NODE_OPTIONS'],
      threadLimitMb,
      heapSizeLimit: getHeapStatistics().heap_size_limit,
    });
  }

  look(): HeapLook {
    const { used_heap_size: heapUsedBytes } = getHeapStatistics();
    let youngBytes = 0;
    for (const { space_name: name, space_used_size: bytes } of getHeapSpaceStatistics())
      if (name.startsWith('new_')) youngBytes += bytes;
    return { heapUsedBytes, heapFill: Math.max(0, heapUsedBytes - youngBytes) / this.#limitBytes };
  }
}
