import type inspector from 'node:inspector';
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

export const SESSION_POST: Internal = {
  name: 'Session#post of node:inspector',
  kind: 'patch',
  expected: 'a method of the class and, with a promise, of the class in node:inspector/promises',
  usedFor: 'refuses NodeTracing.start, which switches on trace events, in forked workers (workerStart)',
  without: TRACING_ENABLE.without,
};

/** From now on no code of this process can switch on trace events, whenever it took createTracing() or made a Session. */
export function refuseTracing(why: string): void {
  refuseEnable(why);
  refuseNodeTracing(why);
}

function refuseEnable(why: string): void {
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
  replace(prototype, 'enable', () => {
    throw new ServerEngineError('ERR_WRONG_PROCESS', why);
  });
}

function refuseNodeTracing(why: string): void {
  // The second class has kept the method of the first.
  for (const name of ['node:inspector', 'node:inspector/promises']) {
    const prototype = sessionOf(name);
    if (prototype === undefined) return;
    const post = Reflect.get(prototype, 'post') as (...args: readonly unknown[]) => unknown;
    if (!warnUnlessThere(SESSION_POST, hasMethods(prototype, 'post'))) return;
    replace(prototype, 'post', function (this: object, ...args: readonly unknown[]) {
      if (args[0] === 'NodeTracing.start') throw new ServerEngineError('ERR_WRONG_PROCESS', why);
      return Reflect.apply(post, this, args);
    });
  }
}

/** Undefined: this Node was built without a debugger. */
function sessionOf(name: string): object | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- few processes need it
    return (require(name) as typeof inspector).Session.prototype;
  } catch {
    return undefined;
  }
}

function replace(prototype: object, name: string, value: (...args: readonly unknown[]) => unknown): void {
  Object.defineProperty(prototype, name, { configurable: true, writable: true, value });
}
