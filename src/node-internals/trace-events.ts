import type { createTracing } from 'node:trace_events';
import { ServerEngineError } from '../common/errors';
import { hasMethods, warnUnlessThere, type Internal } from './shape';

export const TRACING_ENABLE: Internal = {
  name: 'Tracing#enable of node:trace_events',
  kind: 'patch',
  expected: 'the method that all objects of createTracing() inherit',
  usedFor: 'refuses trace events in forked workers (workerStart)',
  without: 'Forked workers that switch on trace events in the same moment may abort.',
};

/** From now on no code of this process can switch on trace events, whenever it took createTracing(). */
export function refuseTracing(why: string): void {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- few processes need it
  const module = require('node:trace_events') as { readonly createTracing: typeof createTracing };
  let prototype: object | null;
  try {
    prototype = Object.getPrototypeOf(module.createTracing({ categories: ['node'] })) as object | null;
  } catch {
    // This Node was built without trace events.
    return;
  }
  if (!warnUnlessThere(TRACING_ENABLE, hasMethods(prototype, 'enable')) || prototype === null) return;
  Object.defineProperty(prototype, 'enable', {
    configurable: true,
    writable: true,
    value: () => {
      throw new ServerEngineError('ERR_WRONG_PROCESS', why);
    },
  });
}
