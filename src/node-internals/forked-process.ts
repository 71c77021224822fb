import { hasMethods, warnUnlessThere, type Internal } from './shape';

/**
 * What a forked process must change in Node, because it is a copy: its ways to end, and what Node has recorded about
 * it.
 */

export const REALLY_EXIT: Internal = {
  name: 'process.reallyExit',
  kind: 'patch',
  expected: 'what process.exit() calls at last',
  usedFor: 'ends a forked worker without waiting for threads that it does not have (workerStart)',
  without: 'A forked worker that calls process.exit() hangs until it is killed.',
};

export const FATAL_EXCEPTION: Internal = {
  name: 'process._fatalException',
  kind: 'patch',
  expected: 'what Node calls for an error that nobody has caught; false: nobody has taken it',
  usedFor: 'ends a forked worker without waiting for threads that it does not have (workerStart)',
  without: 'A forked worker with an uncaught error of its last handler hangs until it is killed.',
};

interface ProcessInternals {
  reallyExit: (status?: number) => never;
  _fatalException: (error: unknown, isRejection: boolean) => boolean;
  readonly _rawDebug?: (text: string) => void;
}

/** Node's exit codes: for an error in the handler itself, and for one in the program. */
const HANDLER_FAILED = 7;
const UNCAUGHT = 1;

/** Every way in which Node ends this process calls `end`. */
export function endBy(end: (status: number) => never): void {
  const internals = process as unknown as ProcessInternals;
  if (warnUnlessThere(REALLY_EXIT, hasMethods(process, 'reallyExit'))) {
    internals.reallyExit = (status) => end(Number(status ?? process.exitCode ?? 0));
  }
  if (warnUnlessThere(FATAL_EXCEPTION, hasMethods(process, '_fatalException'))) {
    const handle = internals._fatalException;
    internals._fatalException = function (this: unknown, error, isRejection) {
      try {
        if (Reflect.apply(handle, this, [error, isRejection])) return true;
      } catch (failure) {
        return endWith(end, failure, HANDLER_FAILED);
      }
      return endWith(end, error, Number(process.exitCode) || UNCAUGHT);
    };
  }
}

function endWith(end: (status: number) => never, error: unknown, status: number): never {
  const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  (process as unknown as ProcessInternals)._rawDebug?.(text);
  end(status);
}

export function tellAsIts(pid: number): void {
  const bornAt = process.hrtime();
  Object.defineProperty(process, 'pid', { configurable: true, enumerable: true, value: pid });
  process.uptime = () => {
    const [seconds, nanoseconds] = process.hrtime(bornAt);
    return seconds + nanoseconds / 1e9;
  };
}
