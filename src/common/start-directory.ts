import { existsSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';

/** The directory that a process was started in. */
export interface StartDirectory {
  /** As the system has it, without links. Undefined: it is gone already. */
  readonly real: string | undefined;
  /** As the shell has it. After a deploy that points `current` to the next release, this path leads to that release. */
  readonly typed: string | undefined;
}

/** Read when the package is loaded: the program may change its directory later. */
export const START: StartDirectory = findStart(process.env['PWD']);

/** @param pwd the directory from the environment; used only if it is correct. */
export function findStart(pwd: string | undefined): StartDirectory {
  let real: string | undefined;
  try {
    real = process.cwd();
  } catch {
    return { real: undefined, typed: undefined };
  }
  return { real, typed: pwd !== undefined && isAbsolute(pwd) && isSame(pwd, real) ? resolve(pwd) : real };
}

/** Resolves a relative path against the directory that this process was started in. */
export function fromStart(path: string): string {
  return isAbsolute(path) || START.real === undefined ? path : resolve(START.real, path);
}

/**
 * A path as one would type it from the start directory. Node has resolved its links, so it would always name this
 * release. Returns the path itself if the typed one is another file.
 */
export function asTyped(path: string, start = START): string {
  const { real, typed } = start;
  if (real === undefined || typed === undefined || real === typed) return path;
  const candidate = resolve(typed, relative(real, path));
  try {
    return realpathSync(candidate) === realpathSync(path) ? candidate : path;
  } catch {
    return path;
  }
}

/**
 * Where a child must start: where this process was started, by its typed name, unless the program has changed its
 * directory. Undefined: where this process is.
 */
export function childDirectory(): string | undefined {
  const { real, typed } = START;
  if (typed === undefined || typed === real || process.cwd() !== real) return undefined;
  return existsSync(typed) ? typed : undefined;
}

function isSame(one: string, other: string): boolean {
  try {
    const [a, b] = [statSync(one), statSync(other)];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}
