import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CaptureRequest, CaptureStack } from '../hang/hang-diagnosis';
import { answered } from '../hang/no-stack';
import type { StackFrame } from '../hang/source-mapped-frames';
import type { WatchdogLink } from '../watchdog/watchdog-link';

/** Between two steps of asynchronous code there is nothing of the program on the stack. */
const MOST_LOOKS = 5;

/** Asks a forked process, or its template, for its stack: native/fork.c interrupts it there. */
export function captureForked(link: Pick<WatchdogLink, 'capture'>): CaptureStack {
  return async (request) => {
    const frames = await answered(look(link, request), request.isStarved);
    // Loaded only when the first worker hangs.
    const { mapFrames, sourceMapUrlOf } = await import('../hang/source-mapped-frames');
    const raw = frames.map(async ({ file, ...frame }) => {
      const url = isAbsolute(file) ? pathToFileURL(file).href : file;
      return { ...frame, url, sourceMapUrl: await sourceMapUrlOf(url) };
    });
    return mapFrames(await Promise.all(raw));
  };
}

async function look(
  link: Pick<WatchdogLink, 'capture'>,
  request: CaptureRequest,
): Promise<readonly StackFrame[]> {
  for (let looks = 1; ; looks += 1) {
    const frames = await link.capture(request);
    if (looks === MOST_LOOKS || frames.some(isOfProgram)) return frames;
  }
}

function isOfProgram({ file }: StackFrame): boolean {
  return file !== '' && !file.startsWith('node:');
}
