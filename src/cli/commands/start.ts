import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { messageOf } from '../../common/errors';
import { CliError, EXIT } from '../exit-codes';
import { nodeArguments } from '../node-program';

export interface StartOptions {
  readonly daemonize?: boolean | undefined;
  /** true: the files that are watched by default. */
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

/** The terminal sends these to its whole group: the engine has them by then. */
const OF_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGHUP'];

/**
 * Runs the program. Where Node can, this process becomes it: the same pid, the same signals. Elsewhere it is a child,
 * which gets the signals that come here. Resolves with its exit status.
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

/** Who edits the source reads stacks of it. */
const SOURCE_MAPS: readonly string[] = ['--enable-source-maps'];

/**
 * Words behind --watch are globs up to `--`. One alone is the program: nobody watches without one.
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

/** Returns only where Node cannot: before 22.15, and on Windows. */
function become(args: readonly string[], env: NodeJS.ProcessEnv): void {
  const execve = (process as { execve?: Execve }).execve;
  if (execve && process.platform !== 'win32') execve(process.execPath, [process.execPath, ...args], env);
}
