import { writeSync } from 'node:fs';
import { findSourceMap, type SourceMapping } from 'node:module';

// Loaded before the program: it imports nothing of ours.

const MOST_FRAMES = 50;

/** As the watchdog thread answers: see watchdog-protocol.ts. */
interface Frame {
  readonly functionName: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Makes the function that writes the stack of this thread to the descriptor, as one line of JSON. It is called wherever
 * JavaScript was interrupted, so it leaves everything as it was.
 */
export function stackAnswer(fd: number): () => void {
  const answer = (): void => {
    const frames = sitesBelow(answer).map(frameOf);
    writeSync(fd, `${JSON.stringify({ frames })}\n`);
  };
  return answer;
}

/** What was interrupted by this function. The program may have its own form of stacks. */
function sitesBelow(answer: () => void): readonly NodeJS.CallSite[] {
  const own = Object.getOwnPropertyDescriptors(Error);
  const held: { stack?: unknown } = {};
  try {
    Error.stackTraceLimit = MOST_FRAMES;
    Error.prepareStackTrace = (_error, sites) => sites;
    Error.captureStackTrace(held, answer);
    return held.stack as NodeJS.CallSite[];
  } finally {
    restore('prepareStackTrace', own.prepareStackTrace);
    restore('stackTraceLimit', own.stackTraceLimit);
  }
}

function restore(name: string, descriptor: PropertyDescriptor | undefined): void {
  if (descriptor) Object.defineProperty(Error, name, descriptor);
  else Reflect.deleteProperty(Error, name);
}

function frameOf(site: NodeJS.CallSite): Frame {
  const functionName = site.getFunctionName() ?? '';
  const file = site.getFileName() ?? '';
  const line = site.getLineNumber() ?? 0;
  const column = site.getColumnNumber() ?? 0;
  // A loader such as tsx has compiled it in memory, and only this process knows its map.
  const found: Partial<SourceMapping> = findSourceMap(file)?.findEntry(line - 1, column - 1) ?? {};
  const { originalSource, originalLine = 0, originalColumn = 0 } = found;
  if (originalSource === undefined) return { functionName, file, line, column };
  return { functionName, file: originalSource, line: originalLine + 1, column: originalColumn + 1 };
}
