import { dirname, relative, resolve, sep } from 'node:path';
import picomatch from 'picomatch';

export interface WatchedFilesInput {
  readonly globs: readonly string[];
  /** The folder that the globs are relative to. */
  readonly root: string;
  /** Files that are watched in any case. */
  readonly config: string | undefined;
  /** Files that the engine writes itself, whose changes mean nothing. Any name that begins with one of these counts too. */
  readonly own: readonly string[];
  readonly isFolder: (path: string) => boolean;
}

/** What to watch. */
export interface WatchedFiles {
  readonly folders: readonly string[];
  readonly isWatched: (path: string) => boolean;
  /** Whether there may be watched files in the folder. */
  readonly mayHold: (folder: string) => boolean;
}

/** One glob. */
interface Rule {
  readonly base: string;
  /** Folders below the base count too. */
  readonly isDeep: boolean;
  readonly matches: (path: string) => boolean;
}

/** Compiles the globs. */
export function watchedFiles({ globs, root, config, own, isFolder }: WatchedFilesInput): WatchedFiles {
  const isException = (glob: string): boolean => glob.startsWith('!');
  const rules = globs.filter((glob) => !isException(glob)).map((glob) => ruleOf(glob, root, isFolder));
  const exceptions = globs.filter(isException).map((glob) => ruleOf(glob.slice(1), root, isFolder));
  if (config !== undefined) rules.push(exactly(config));
  const isOurs = (path: string): boolean =>
    own.some((one) => path === one || path.startsWith(`${one}.`) || isWithin(path, one));
  return {
    folders: [...new Set(rules.map(({ base }) => base))],
    isWatched: (path) => {
      if (path === config) return true;
      if (isOurs(path) || exceptions.some(({ matches }) => matches(path))) return false;
      return rules.some((rule) => rule.matches(path) && !isLeftOut(dirname(path), rule.base));
    },
    mayHold: (folder) =>
      !isOurs(folder) &&
      rules.some(
        ({ base, isDeep }) =>
          folder === base || (isDeep && isWithin(folder, base) && !isLeftOut(folder, base)),
      ),
  };
}

function ruleOf(glob: string, root: string, isFolder: (path: string) => boolean): Rule {
  const { base, glob: pattern } = picomatch.scan(glob);
  const folder = resolve(root, base);
  if (pattern === '') {
    if (!isFolder(folder)) return exactly(folder);
    return { base: folder, isDeep: true, matches: (path) => isWithin(path, folder) };
  }
  const matches = picomatch(pattern);
  return {
    base: folder,
    isDeep: pattern.includes('/'),
    matches: (path) => isWithin(path, folder) && matches(relative(folder, path).split(sep).join('/')),
  };
}

/** Watches the folder of a single file, because an editor replaces the file. */
function exactly(file: string): Rule {
  return { base: dirname(file), isDeep: false, matches: (path) => path === file };
}

/** Skips packages, and folders whose name begins with a dot, below the folder that was named. */
function isLeftOut(folder: string, base: string): boolean {
  return relative(base, folder)
    .split(sep)
    .some((name) => name === 'node_modules' || /^\.[^.]/.test(name));
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
