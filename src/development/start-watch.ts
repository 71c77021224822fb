import { statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { systemClock } from '../common/clock';
import { fromStart, START } from '../common/start-directory';
import type { EngineConfig } from '../config/engine-config';
import type { Logger } from '../record/logger';
import type { CommandTarget } from '../commands/command';
import type { BlockingFlag } from '../common/blocking-flag';
import type { Change, ProgramFiles } from './change-plan';
import { Development } from './development';
import { checkProgram, type CheckedProgram } from './program-check';
import { watchedFiles, type WatchedFiles } from './watched-files';
import { watchTrouble } from './watch-trouble';

export interface WatchContext {
  readonly engine: EngineConfig;
  readonly running: CommandTarget;
  readonly program: CheckedProgram;
  readonly files: ProgramFiles;
  readonly controlPath: string | undefined;
  readonly isSucceeded: BlockingFlag;
  readonly logger: Logger;
}

const CHANGES: Readonly<Record<string, Change>> = { change: 'changed', add: 'new', unlink: 'gone' };

/** Watches the files of the program, and makes the engine follow them. Resolves when all of them are watched. */
export async function startWatch(context: WatchContext): Promise<{ close(): Promise<void> }> {
  const { engine, running, program, files, isSucceeded, logger } = context;
  if (process.env['NODE_ENV'] === 'production') {
    logger.warn(
      'watch is on under NODE_ENV=production: when a file changes, workers restart. It is for development; leave the key out',
    );
  }
  const root = START.real ?? process.cwd();
  const development = new Development({
    files,
    target: running,
    check: (signal) => checkProgram(program, systemClock, signal),
    name: (path) => nameOf(path, root),
    logger,
    clock: systemClock,
  });
  const watched = watchedFiles({
    globs: engine.watch ?? [],
    root,
    config: files.config,
    own: ownFiles(engine, context.controlPath),
    isFolder,
  });
  const watcher = await watching(watched, development, logger);
  const close = async (): Promise<void> => {
    development.close();
    await watcher?.close();
  };
  // The successor follows the files from now on.
  void isSucceeded.waitForSet().then(close);
  return { close };
}

/** Undefined: the files cannot be watched, and the log says why. */
async function watching(
  watched: WatchedFiles,
  development: Development,
  logger: Logger,
): Promise<FSWatcher | undefined> {
  const { folders, isWatched, mayHold } = watched;
  const watcher = watch([...folders], {
    ignoreInitial: true,
    ignorePermissionErrors: true,
    ignored: (path, stats) => {
      if (!stats) return false;
      return !(stats.isDirectory() ? mayHold(path) : isWatched(path));
    },
  });
  watcher.on('all', (event, path) => {
    const change = CHANGES[event];
    if (change && isWatched(path)) development.changed(path, change);
  });
  const failure = await new Promise<unknown>((done) => {
    watcher.once('ready', () => done(undefined));
    watcher.once('error', done);
  });
  const fail = async (error: unknown): Promise<void> => {
    watcher.removeAllListeners('error').on('error', () => {});
    logger.error(
      `files cannot be watched, so workers do not follow them until the next start: ${watchTrouble(error)}`,
    );
    await watcher.close();
  };
  if (failure !== undefined) {
    await fail(failure);
    return undefined;
  }
  watcher.removeAllListeners('error').on('error', (error) => void fail(error));
  const seen = filesOf(watcher, isWatched);
  if (seen === 0)
    logger.warn('watch: no file matches, so nothing is watched yet', { folders: folders.join(', ') });
  else logger.info(`watching ${seen} files: a change restarts workers`);
  return watcher;
}

function filesOf(watcher: FSWatcher, isWatched: (path: string) => boolean): number {
  const all = Object.entries(watcher.getWatched()).flatMap(([folder, names]) =>
    names.map((name) => resolve(folder, name)),
  );
  return new Set(all.filter(isWatched)).size;
}

/** Files that change all the time, or whenever the engine restarts something. */
function ownFiles({ log, pidPath }: EngineConfig, controlPath: string | undefined): readonly string[] {
  return [log, pidPath, controlPath]
    .filter((path): path is string => path !== undefined && path !== '-')
    .map(fromStart);
}

function nameOf(path: string, root: string): string {
  const name = relative(root, path);
  return name.startsWith('..') ? path : name;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
