import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Below that, V8 does not collect soon after the fork, and a collection takes longer than it saves. */
const LARGE_BYTES = 8 * 2 ** 20;

/**
 * V8 collects the garbage of a heap that has grown. If that was due, each forked worker would do it again, right after its
 * start, and would write to most of the memory that it shares until then.
 */
export function collectLargeHeap(): void {
  if (getHeapStatistics().used_heap_size < LARGE_BYTES) return;
  // Where the program was started with --expose-gc, that flag stays as it is.
  (globalThis.gc ?? exposedGc())();
}

function exposedGc(): () => void {
  setFlagsFromString('--expose-gc');
  try {
    return runInNewContext('gc') as () => void;
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
