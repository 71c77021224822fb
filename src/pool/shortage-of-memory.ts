import type { ChildExit } from '../watch/child-exit';

// What V8 says when it gives up, in the versions that we know.
const HEAP_FULL =
  /JavaScript heap out of memory|Reached heap limit|Fatal (?:JavaScript|process) out of memory|invalid table size Allocation failed/;

// How V8 ends a process then. Behind a shell that is a status: 128 and the number of the signal.
const ABORTS: ReadonlySet<NodeJS.Signals | number | null> = new Set<NodeJS.Signals | number>([
  'SIGABRT',
  'SIGTRAP',
  'SIGILL',
  134,
  133,
  132,
]);

/**
 * Which memory a worker lacked that ended without our doing; undefined: none, as far as one sees.
 * @param isOomKill the kernel has killed something of our control group.
 * @param lastLines what it wrote at last.
 */
export function shortageOfMemory(
  { code, signal, isHeapFull }: ChildExit,
  isOomKill: boolean,
  lastLines: readonly string[],
): string | undefined {
  if (isOomKill) return 'the kernel killed it because memory was short (OOM killer)';
  // Words alone say nothing: it may have quoted a program of its own.
  const hasAborted = ABORTS.has(signal ?? code) && lastLines.some((line) => HEAP_FULL.test(line));
  return hasAborted || isHeapFull
    ? 'its JavaScript heap was full (workerHeapLimit, --max-old-space-size)'
    : undefined;
}
