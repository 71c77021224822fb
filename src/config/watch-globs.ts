import { isWords } from './node-flags';
import type { Reader } from './key-readers';

/** Watched by default: source files anywhere below the folder of the start. */
const OF_PROGRAMS: readonly string[] = ['**/*.{js,cjs,mjs,jsx,ts,cts,mts,tsx}'];

export const WATCH_ALLOWED =
  "true, a glob or a folder such as 'src', a list of them such as ['src', '!src/**/*.test.ts'], or false";

/** Globs and folders; a leading `!` excludes. */
export const readWatch: Reader<readonly string[] | undefined> = (given) => {
  if (given === false) return { value: undefined };
  if (given === true) return { value: OF_PROGRAMS };
  const globs: unknown = typeof given === 'string' ? [given] : given;
  if (!isWords(globs) || globs.length === 0) return undefined;
  // Only exclusions: they apply to the default.
  return { value: globs.every((glob) => glob.startsWith('!')) ? [...OF_PROGRAMS, ...globs] : globs };
};
