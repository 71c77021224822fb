import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';

const SIZE_OPTION = /^--max[-_]old[-_]space[-_]size=(\d+)$/;
const MB = 2 ** 20;

// V8's limit includes the young generation: 48 MB, since Node 24 192.
const MOST_YOUNG_BYTES = 192 * MB;

/** What decides how large the old generation of a heap may grow. */
export interface HeapBounds {
  readonly execArgv: readonly string[];
  readonly nodeOptions: string | undefined;
  /** For a thread. */
  readonly threadLimitMb?: number | undefined;
  /** As V8 reports it. */
  readonly heapSizeLimit: number;
}

/** In bytes. V8 ends the process when the old generation cannot stay below that. */
export function oldSpaceLimit({ execArgv, nodeOptions, threadLimitMb, heapSizeLimit }: HeapBounds): number {
  if (threadLimitMb !== undefined) return threadLimitMb * MB;
  // The last one wins, and the command line overrides the environment.
  const sizes = [...(nodeOptions?.split(' ') ?? []), ...execArgv].flatMap(
    (argument) => SIZE_OPTION.exec(argument)?.[1] ?? [],
  );
  const limitMb = Number(sizes.at(-1) ?? 0);
  return limitMb > 0 ? limitMb * MB : Math.max(heapSizeLimit - MOST_YOUNG_BYTES, heapSizeLimit / 2);
}

/** The result of one look at the heap. */
export interface HeapLook {
  readonly heapUsedBytes: number;
  /** 0 to 1, and slightly more at the end. */
  readonly heapFill: number;
}

/** For this process or thread. One look costs a few microseconds. */
export class HeapFill {
  readonly #limitBytes: number;

  /** Make it early: a worker removes arguments that are not meant for the programs that it starts. */
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
