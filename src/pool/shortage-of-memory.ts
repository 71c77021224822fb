import type { ChildExit } from '../watch/child-exit';

// What V8 prints when it gives up, in the versions that we know.
const HEAP_FULL =
  /JavaScript heap out of memory|Reached heap limit|Fatal (?:JavaScript|process) out of memory|invalid table size Allocation failed/;

// How V8 ends a process in that case. Behind a shell it is a status: 128 plus the number of the signal.
const ABORTS: ReadonlySet<NodeJS.Signals | number | null> = new Set<NodeJS.Signals | number>([
  'SIGABRT',
  'SIGTRAP',
  'SIGILL',
  134,
  133,
  132,
]);

/**
 * Which memory was short, for a worker that ended without our doing. Undefined: none, as far as can be seen.
 * @param isOomKill the kernel has killed a process in our control group.
 * @param lastLines the last lines of its output.
 */
export function shortageOfMemory(
  { code, signal, isHeapFull }: ChildExit,
  isOomKill: boolean,
  lastLines: readonly string[],
): string | undefined {
  if (isOomKill) return 'the kernel killed it because memory was short (OOM killer)';
  // The words alone prove nothing: the worker may have printed the output of another program.
  const hasAborted = ABORTS.has(signal ?? code) && lastLines.some((line) => HEAP_FULL.test(line));
  return hasAborted || isHeapFull
    ? 'its JavaScript heap was full (workerHeapLimit, --max-old-space-size)'
    : undefined;
}
