import { setFlagsFromString } from 'node:v8';

/**
 * V8 compiles a function at its first call. What is compiled in here is compiled at once, with all its functions: for a
 * process that workers are forked from, each of which would compile the same functions. Modules of Node must be
 * loaded before: V8 refuses their compiled code meanwhile.
 */
export function withoutLazy<T>(compile: () => T): T {
  setFlagsFromString('--no-lazy');
  try {
    return compile();
  } finally {
    setFlagsFromString('--lazy');
  }
}

/** The same for what is loaded asynchronously. */
export async function loadWithoutLazy<T>(load: () => Promise<T>): Promise<T> {
  setFlagsFromString('--no-lazy');
  try {
    return await load();
  } finally {
    setFlagsFromString('--lazy');
  }
}
