import { existsSync } from 'node:fs';
import { inspect } from 'node:util';
import { ServerEngineError } from '../common/errors';
import type { SpawnEnv, SpawnWorkerOptions } from '../contract/spawn';
import { TOKEN_ENV } from '../socket-manager/path';

/** A parsed call of processManager.spawn(). */
export interface SpawnCall {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: SpawnWorkerOptions;
}

const EXAMPLE = `Write: processManager.spawn('python3', ['worker.py']).`;

/**
 * `([env,] command, [args,] [options])`. @throws ServerEngineError for anything else.
 * @param who for the message: "MyWorker.spawn".
 */
export function parseSpawnCall(who: string, given: readonly unknown[]): SpawnCall {
  const [env, command, ...rest] = isRecord(given[0]) ? given : [undefined, ...given];
  if (typeof command !== 'string' || command === '') {
    throw wrong(who, `needs the name of a program, got ${inspect(command)}`);
  }
  const [args = [], options = {}] = Array.isArray(rest[0]) || rest[0] === undefined ? rest : [[], rest[0]];
  if (!Array.isArray(args) || !Array.from(args).every((argument) => typeof argument === 'string')) {
    throw wrong(who, `needs a list of strings as arguments of '${command}', got ${inspect(args)}`);
  }
  if (!isRecord(options)) {
    throw wrong(who, `takes a list of arguments and then options for '${command}', got ${inspect(options)}`);
  }
  const { socketManager = false, ...spawnOptions }: SpawnWorkerOptions = options;
  if (typeof socketManager !== 'boolean') {
    throw wrong(
      who,
      `takes true or false as socketManager of '${command}', got ${inspect(socketManager, { depth: 0 })}`,
    );
  }
  const inherited = environment(spawnOptions.env, socketManager);
  return {
    command,
    args,
    // Added to the env of the options or, by default, of the server, so that PATH need not be passed on.
    options: isRecord(env)
      ? { ...spawnOptions, env: { ...(inherited ?? process.env), ...(env as SpawnEnv) } }
      : { ...spawnOptions, ...(inherited && { env: inherited }) },
  };
}

/** Undefined: the environment of this process. A foreign program gets the token of socket managers only on request. */
function environment(
  given: NodeJS.ProcessEnv | undefined,
  wantsToken: boolean,
): NodeJS.ProcessEnv | undefined {
  const token = process.env[TOKEN_ENV];
  if (wantsToken) return given && token !== undefined ? { ...given, [TOKEN_ENV]: token } : given;
  const base = given ?? process.env;
  return base[TOKEN_ENV] === undefined ? given : { ...base, [TOKEN_ENV]: undefined };
}

/** The command pipe is the program's stdin. @throws ServerEngineError when the options want something else there. */
export function checkStdin(who: string, { command, options: { stdio } }: SpawnCall): void {
  const stdin: unknown = Array.isArray(stdio) ? stdio[0] : stdio;
  if (stdin === undefined || stdin === null || stdin === 'pipe') return;
  throw new ServerEngineError(
    'ERR_SPAWN',
    `${who}: with commandSender 'pipe' the stdin of '${command}' carries the commands, but stdio wants ${inspect(stdin)} there. ` +
      `Leave stdin out of stdio (undefined), or use commandSender 'signal'.`,
  );
}

/** Explains in words why the program could not be started; Node's own error is the cause. */
export function explainSpawnError(who: string, { command, options }: SpawnCall, error: Error): Error {
  const code = (error as NodeJS.ErrnoException).code;
  const cwd = options.cwd;
  const explain = (what: string): Error =>
    new ServerEngineError('ERR_SPAWN', `${who}: ${what}`, { cause: error });
  if (code === 'ENOENT' && cwd !== undefined && !existsSync(cwd)) {
    return explain(
      `the working directory ${inspect(cwd)} of '${command}' does not exist. Correct the option cwd.`,
    );
  }
  if (code === 'ENOENT') {
    const path = (options.env ?? process.env)['PATH'];
    return explain(
      `the program '${command}' was not found. Install it, or give its path; PATH is ${inspect(path)}.`,
    );
  }
  if (code === 'EACCES') {
    return explain(
      `'${command}' may not be executed. Make it executable, or give the interpreter as the program.`,
    );
  }
  return error;
}

function wrong(who: string, what: string): Error {
  return new ServerEngineError('ERR_SPAWN', `${who}: processManager.spawn ${what}. ${EXAMPLE}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
