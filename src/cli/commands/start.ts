import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { messageOf } from '../../common/errors';
import { CliError, EXIT } from '../exit-codes';
import { nodeArguments } from '../node-program';

export interface StartOptions {
  readonly daemonize?: boolean | undefined;
  /** true: watch the default files. */
  readonly watch?: true | readonly string[] | undefined;
}

const COMMANDS: readonly NodeJS.Signals[] = [
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGCONT',
  'SIGTTIN',
  'SIGTTOU',
];

/** The terminal sends these to its whole process group, so the engine has received them already. */
const OF_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGHUP'];

/**
 * Runs the program. Where Node can do that, this process becomes the program: the same pid, the same signals. Elsewhere the
 * program is a child, which gets the signals that arrive here. Resolves with its exit status.
 */
export async function start(
  given: string | undefined,
  args: readonly string[],
  options: StartOptions,
): Promise<number> {
  const { file, watch } = programAndGlobs(given, options.watch);
  const all = [...(watch === undefined ? [] : SOURCE_MAPS), ...nodeArguments(file, args)];
  const env = {
    ...process.env,
    ...(options.daemonize ? { SERVERENGINE_DAEMONIZE: 'true' } : {}),
    ...(watch === undefined ? {} : { SERVERENGINE_WATCH: JSON.stringify(watch) }),
  };
  become([...process.execArgv, ...all], env);
  const child = spawn(process.execPath, [...process.execArgv, ...all], { stdio: 'inherit', env });
  const isOfTerminal = isatty(0);
  for (const signal of COMMANDS) process.on(signal, () => void child.kill(signal));
  for (const signal of OF_TERMINAL) {
    process.on(signal, () => {
      if (!isOfTerminal) child.kill(signal);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`node cannot be started: ${messageOf(error)}`)));
    child.once('exit', (code, signal) => {
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  });
}

/** Somebody who edits the source wants stack traces of the source. */
const SOURCE_MAPS: readonly string[] = ['--enable-source-maps'];

/**
 * Words after --watch, up to `--`, are globs. A single word is the program: nothing would run without one.
 * @throws CliError
 */
export function programAndGlobs(
  file: string | undefined,
  watch: StartOptions['watch'],
): { readonly file: string; readonly watch: StartOptions['watch'] } {
  if (file !== undefined) return { file, watch };
  if (watch === undefined || watch === true) throw new CliError(EXIT.usage, 'give the program to start');
  const [only, ...others] = watch;
  if (only !== undefined && others.length === 0) return { file: only, watch: true };
  throw new CliError(
    EXIT.usage,
    `put -- between the globs and the program: serverengine start --watch ${watch.slice(0, -1).join(' ')} -- ${watch.at(-1) ?? ''}`,
  );
}

type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => void;

/** Returns only if Node cannot do it: before 22.15, and on Windows. */
function become(args: readonly string[], env: NodeJS.ProcessEnv): void {
  const execve = (process as { execve?: Execve }).execve;
  if (execve && process.platform !== 'win32') execve(process.execPath, [process.execPath, ...args], env);
}
