import { isWords } from './node-flags';
import type { Reader } from './key-readers';

/** What is watched by default: files of programs, wherever they are below the folder of the start. */
const OF_PROGRAMS: readonly string[] = ['**/*.{js,cjs,mjs,jsx,ts,cts,mts,tsx}'];

export const WATCH_ALLOWED =
  "true, a glob or a folder such as 'src', a list of them such as ['src', '!src/**/*.test.ts'], or false";

/** Globs and folders; with `!` before them what is not watched. */
export const readWatch: Reader<readonly string[] | undefined> = (given) => {
  if (given === false) return { value: undefined };
  if (given === true) return { value: OF_PROGRAMS };
  const globs: unknown = typeof given === 'string' ? [given] : given;
  if (!isWords(globs) || globs.length === 0) return undefined;
  // Nothing but exceptions: from what is watched by default.
  return { value: globs.every((glob) => glob.startsWith('!')) ? [...OF_PROGRAMS, ...globs] : globs };
};
