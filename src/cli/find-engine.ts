import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf } from '../common/errors';
import { isRunning } from '../common/running';
import { ControlClient, ControlError } from '../control/control-client';
import { socketBeside } from '../control/control-path';
import { CliError, EXIT } from './exit-codes';

export interface EngineOptions {
  readonly pid?: string | undefined;
  readonly socket?: string | undefined;
  /** How long an answer may take. */
  readonly timeoutMs?: number | undefined;
}

// Even an engine under load answers within this time, unless something is wrong with it.
const HELLO_LIMIT_MS = 5000;

/** Connects to the engine that the options mean. @throws CliError (as a rejection) */
export async function findEngine(options: EngineOptions, folder = process.cwd()): Promise<ControlClient> {
  const { pid, socket } = options;
  const limitMs = Math.min(HELLO_LIMIT_MS, options.timeoutMs ?? Infinity);
  if (pid !== undefined && socket !== undefined)
    throw new CliError(EXIT.usage, 'give --pid or --socket, not both');
  if (socket !== undefined) return connect(resolve(folder, socket), `--socket ${socket}`, limitMs);
  if (pid !== undefined) return byPidFile(resolve(folder, pid), pid, limitMs);
  return onlyOneIn(folder, limitMs);
}

/** @throws CliError (as a rejection) */
async function connect(path: string, name: string, limitMs: number): Promise<ControlClient> {
  try {
    return await ControlClient.connect(path, limitMs);
  } catch (error) {
    throw asCliError(error, name, path);
  }
}

/** Makes the error with which the command ends from what went wrong with an engine. */
export function asCliError(error: unknown, name: string, path = name): unknown {
  if (!(error instanceof ControlError)) return error;
  switch (error.trouble) {
    case 'gone':
      return new CliError(
        EXIT.absent,
        `no engine runs at ${name}: ${error.message}. Did you start it, and is this its path?`,
      );
    case 'denied':
      return new CliError(
        EXIT.denied,
        `not permitted to reach ${name}: it belongs to ${ownerOf(path)}. Run this command as that user, or as root.`,
      );
    case 'late':
      return new CliError(
        EXIT.late,
        `${error.message} at ${name}. Give it more time with --timeout, or look into its log.`,
      );
    case 'refused':
      return new CliError(EXIT.failed, error.message);
    case 'closed':
      return new CliError(EXIT.absent, `${error.message} at ${name}: it has ended`);
  }
}

function ownerOf(path: string): string {
  try {
    return `user ${String(statSync(path).uid)}`;
  } catch {
    return 'another user';
  }
}

async function byPidFile(path: string, name: string, limitMs: number): Promise<ControlClient> {
  const socket = socketBeside(path);
  try {
    return await ControlClient.connect(socket, limitMs);
  } catch (error) {
    if (!(error instanceof ControlError) || error.trouble !== 'gone')
      throw asCliError(error, `--pid ${name}`, socket);
    throw whyNone(path, name);
  }
}

/** Why there is no socket next to a pid file. */
function whyNone(path: string, name: string): CliError {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES')
      return new CliError(
        EXIT.denied,
        `not permitted to read ${name}. Run this command as the user of the engine, or as root.`,
      );
    return new CliError(EXIT.absent, `no engine runs with the pid file ${name}: ${messageOf(error)}`);
  }
  if (!/^\d+$/.test(text) || !isRunning(Number(text)))
    return new CliError(EXIT.absent, `no engine runs with the pid file ${name}: process ${text} has ended`);
  return new CliError(
    EXIT.absent,
    `process ${text} of ${name} has no control socket at ${name}.sock. Give the path of its controlSocket with --socket, or set that key and start the engine again.`,
  );
}

async function onlyOneIn(folder: string, limitMs: number): Promise<ControlClient> {
  const names = socketsIn(folder);
  const tried = await Promise.allSettled(
    names.map((name) => ControlClient.connect(join(folder, name), limitMs)),
  );
  const live = tried.flatMap((result, index) =>
    result.status === 'fulfilled' ? [{ client: result.value, name: names[index] ?? '' }] : [],
  );
  const [first, ...others] = live;
  if (first && others.length === 0) return first.client;
  for (const { client } of live) client.close();
  if (first)
    throw new CliError(
      EXIT.usage,
      several(live.map(({ client, name }) => ({ name, pid: client.hello.pid }))),
    );
  for (const [index, result] of tried.entries()) {
    // An engine of another user, or one that stands still. An engine that has ended refuses at once.
    const { reason } = result as { reason?: unknown };
    if (!(reason instanceof ControlError) || !['denied', 'late'].includes(reason.trouble)) continue;
    const name = names[index] ?? '';
    throw asCliError(reason, `./${name}`, join(folder, name));
  }
  throw new CliError(EXIT.absent, none(folder, names, pidFilesIn(folder)));
}

/** If there are several engines, one must be named. */
export function several(engines: readonly { readonly name: string; readonly pid: number }[]): string {
  const list = engines.map(({ name, pid }) => `--socket ${name} (pid ${String(pid)})`).join(', ');
  return `several engines run in this folder. Say which: ${list}`;
}

export function none(folder: string, dead: readonly string[], pidFiles: readonly string[]): string {
  const found = [
    ...dead.map((name) => `${name} does not answer`),
    ...pidFiles.map((name) => `${name} has no socket next to it`),
  ];
  const seen = found.length > 0 ? ` (${found.join(', ')})` : '';
  return `no engine runs in the folder ${folder}${seen}. Name one with --pid FILE or --socket PATH, or start one.`;
}

/** Sockets that only their user may open: others belong to something else. */
function socketsIn(folder: string): readonly string[] {
  return namesIn(folder).filter((name) => {
    try {
      const stats = lstatSync(join(folder, name));
      return stats.isSocket() && (stats.mode & 0o077) === 0;
    } catch {
      return false;
    }
  });
}

function pidFilesIn(folder: string): readonly string[] {
  const names = namesIn(folder);
  return names.filter((name) => name.endsWith('.pid') && !names.includes(socketBeside(name)));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw new CliError(EXIT.absent, `the folder ${folder} cannot be read: ${messageOf(error)}`);
  }
}
