/** What happened to a file since the last look. */
export type Change = 'changed' | 'new' | 'gone';

/** What is known about the files of a program. Paths are absolute. */
export interface ProgramFiles {
  /** The file that the configuration is read from. */
  readonly config: string | undefined;
  /** The files where the server class is decorated, and where the engine is created. */
  readonly ofServer: ReadonlySet<string>;
  /** Workers run in the server process, and so does all code that they have loaded. */
  readonly hasEmbedded: boolean;
  readonly isSupervised: boolean;
}

/**
 * What a batch of changes requires.
 *
 * - `reload`: only the configuration has changed.
 * - `workers`: restart the workers.
 * - `server`: the supervisor starts the next server process, with workers of its own.
 * - `workers, not the server`: code of the server has changed, and no supervisor is there to start the next one.
 */
export type Consequence = 'reload' | 'workers' | 'server' | 'workers, not the server';

export function consequenceOf(changed: readonly string[], files: ProgramFiles): Consequence {
  if (changed.every((path) => path === files.config)) return 'reload';
  if (!files.hasEmbedded && !changed.some((path) => files.ofServer.has(path))) return 'workers';
  return files.isSupervised ? 'server' : 'workers, not the server';
}

const FOLLOWS: Readonly<Record<Consequence, string>> = {
  reload: 'the configuration is read again',
  workers: 'workers restart',
  server: 'the server process restarts, with its workers',
  'workers, not the server':
    'workers restart; the code in the server process stays as it is until the next start (with supervisor: true it restarts too)',
};

/** The line for the log. `name`: makes the path as the user knows it. */
export function announcement(
  changes: ReadonlyMap<string, Change>,
  consequence: Consequence,
  name: (path: string) => string,
): string {
  return `${subjectOf(changes, name)}: ${FOLLOWS[consequence]}`;
}

/** `src/web.ts changed`, `src/web.ts and 2 other files changed`. */
export function subjectOf(changes: ReadonlyMap<string, Change>, name: (path: string) => string): string {
  const [first = ['', 'changed'] as const, ...others] = [...changes];
  const [path, change] = first;
  if (others.length === 0) return `${name(path)} ${VERBS[change]}`;
  const more = others.length === 1 ? name(others[0]?.[0] ?? '') : `${others.length} other files`;
  return `${name(path)} and ${more} changed`;
}

const VERBS: Readonly<Record<Change, string>> = { changed: 'changed', new: 'is new', gone: 'is gone' };

/** Combines two changes of one file. Undefined: nothing has changed in the end, as with the temporary file of an editor. */
export function together(first: Change | undefined, second: Change): Change | undefined {
  if (first === undefined || first === second) return second;
  if (first === 'new') return second === 'gone' ? undefined : 'new';
  // An editor removes the old file and puts the new one in its place.
  return first === 'gone' ? 'changed' : second;
}
