import { format } from 'node:path';
import type { Internal } from './shape';

export const STACK_FILES: Internal = {
  name: 'file names in stacks',
  kind: 'private',
  expected: "those of Node's own code begin with node:",
  usedFor: 'hides the channel and the cluster from the program of a worker, and shows them to Node',
  without:
    'Libraries see that a worker is one of several, and may send their log lines or metrics to nobody.',
};

type Getter = (this: unknown) => unknown;

// These read a property on behalf of the program: the loader that makes named exports, and inspect().
const ON_BEHALF = /^node:internal\/(?:bootstrap|modules|util\/inspect)/;

/**
 * Call it in a getter or setter, and pass that function: returns whether Node's own code (net, dgram…) reads the
 * property. If no stack can be captured the answer is true, so that Node works as it does without us.
 */
export function isAskedByNode(accessor: (...args: never[]) => unknown): boolean {
  const { stackTraceLimit } = Error;
  const { prepareStackTrace: prepare } = Error as { prepareStackTrace?: unknown };
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_error, sites) => sites[0]?.getFileName() ?? '';
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, accessor);
    const file = holder.stack;
    return typeof file !== 'string' || (file.startsWith('node:') && !ON_BEHALF.test(file));
  } catch {
    return true;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Reflect.set(Error, 'prepareStackTrace', prepare);
  }
}

let canTell: boolean | undefined;

/** Whether isAskedByNode() can tell Node from the program in this process. Tried once, because it costs a millisecond in a fresh process. */
export function canTellWhoAsks(): boolean {
  canTell ??= tryToTell();
  return canTell;
}

function tryToTell(): boolean {
  const answers: boolean[] = [];
  const getter: Getter = () => {
    answers.push(isAskedByNode(getter));
    return '';
  };
  const probe = Object.defineProperty({ base: '' }, 'base', { get: getter });
  const direct = probe.base;
  // node:path reads the property.
  format(probe);
  return (
    direct === '' && answers[0] === false && answers.length > 1 && answers.slice(1).every((answer) => answer)
  );
}

/**
 * Makes a property show `shown` to the program and its libraries, and its real value to Node.
 * @returns a function that gives the real value at any time.
 */
export function showToProgram<T extends object, K extends keyof T>(
  object: T,
  name: K,
  shown: unknown,
): () => T[K] {
  let real = object[name];
  let visible = shown;
  const get = (): unknown => (isAskedByNode(get) ? real : visible);
  const set = (value: unknown): void => {
    if (isAskedByNode(set)) real = value as T[K];
    else visible = value;
  };
  Object.defineProperty(object, name, { configurable: true, enumerable: true, get, set });
  return () => real;
}
