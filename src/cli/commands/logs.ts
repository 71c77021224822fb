import { resolve } from 'node:path';
import { sleep, systemClock } from '../../common/clock';
import { messageOf } from '../../common/errors';
import { nearestName } from '../../config/nearest';
import type { LogPlace } from '../../control/control-protocol';
import { isLogLevel } from '../../record/levels';
import { LOG_LEVELS } from '../../record/logger';
import { CliError, EXIT } from '../exit-codes';
import type { EngineOptions } from '../find-engine';
import { FollowedFile } from '../follow-file';
import { isWanted, LogEntries, shown, type LogEntry, type LogFilter } from '../log-entry';
import type { Screen } from '../screen';
import { withEngine } from '../with-engine';
import { parseWorker } from './tell';

export interface LogsOptions extends EngineOptions {
  readonly follow?: boolean | undefined;
  readonly lines: number;
  readonly worker?: string | undefined;
  readonly group?: string | undefined;
  readonly level?: string | undefined;
  readonly file?: string | undefined;
  readonly json?: boolean | undefined;
}

// Fast enough for a reader.
const LOOK_EVERY_MS = 200;
const ANSWER_LIMIT_MS = 5000;

interface Source {
  readonly path: string;
  readonly format: 'text' | 'json';
  readonly onlyGroup: string | undefined;
}

export async function logs(options: LogsOptions, screen: Screen): Promise<void> {
  const level = levelOf(options.level);
  const of = options.worker === undefined ? {} : parseWorker(options.worker);
  const source = await sourceOf(options);
  const filter: LogFilter = { level, group: options.group, onlyGroup: source.onlyGroup, ...of };
  const file = opened(source.path);
  const entries = new LogEntries(source.format);
  const print = (found: readonly LogEntry[]): void => {
    for (const entry of found)
      if (isWanted(entry, filter)) screen.write(lineOf(entry, source, options, screen));
  };
  try {
    print(entries.push(file.last(options.lines)));
    print(entries.flush());
    while (options.follow) {
      await sleep(systemClock, LOOK_EVERY_MS);
      print(entries.push(file.next()));
      // A record is written in one go: when its first line is there, its last line is too.
      print(entries.flush());
    }
  } finally {
    file.close();
  }
}

function lineOf(entry: LogEntry, { format }: Source, { json }: LogsOptions, { paint }: Screen): string {
  if (json) return `${format === 'json' ? entry.text : JSON.stringify(entry.data)}\n`;
  return `${shown(entry, format, paint)}\n`;
}

/** @throws CliError */
function levelOf(given: string | undefined) {
  if (given === undefined) return undefined;
  const level = given.toLowerCase();
  if (isLogLevel(level)) return level;
  const near = nearestName(level, LOG_LEVELS);
  const meant = near === undefined ? '' : ` (Did you mean ${near}?)`;
  throw new CliError(EXIT.usage, `--level must be one of ${LOG_LEVELS.join(', ')}, got '${given}'${meant}`);
}

/** @throws CliError (as a rejection) */
async function sourceOf(options: LogsOptions): Promise<Source> {
  // The engine of a log need not be running.
  if (options.file !== undefined) {
    const path = resolve(options.file);
    return { path, format: formatOf(path), onlyGroup: options.group };
  }
  return withEngine(options, async (engine) => {
    const place = await engine.ask({ request: 'log' }, ANSWER_LIMIT_MS);
    if (place.path === undefined) throw new CliError(EXIT.failed, whyNoFile(place));
    const { groups } =
      options.group === undefined ? { groups: [] } : await engine.ask({ request: 'status' }, ANSWER_LIMIT_MS);
    return {
      path: place.path,
      format: place.format,
      onlyGroup: groups.length === 1 ? groups[0]?.name : undefined,
    };
  });
}

function whyNoFile({ target }: LogPlace): string {
  if (target === 'logger')
    return "this engine writes its log with the program's own logger: look where that logger writes";
  return `this engine writes its log to ${target}: look at its terminal, at journalctl or at the log of its container, or set the key log to a path`;
}

/** Decided by the first byte: a JSON record begins with a brace, a text record with its time. */
function formatOf(path: string): 'text' | 'json' {
  const file = opened(path);
  try {
    return file.last(1)[0]?.startsWith('{') ? 'json' : 'text';
  } finally {
    file.close();
  }
}

/** @throws CliError */
function opened(path: string): FollowedFile {
  try {
    return new FollowedFile(path);
  } catch (error) {
    const isDenied = (error as NodeJS.ErrnoException).code === 'EACCES';
    throw new CliError(isDenied ? EXIT.denied : EXIT.failed, `the log cannot be read: ${messageOf(error)}`);
  }
}
