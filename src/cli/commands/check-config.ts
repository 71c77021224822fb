import { fork } from 'node:child_process';
import { extname, resolve } from 'node:path';
import { systemClock } from '../../common/clock';
import { messageOf } from '../../common/errors';
import { fromFile } from '../../config/from-file';
import { GROUPS_KEY } from '../../config/groups';
import { loadConfig } from '../../config/load';
import { CHECK_ROLE, ROLE_ENV, type CheckReport } from '../../protocol/protocol';
import { CliError, EXIT } from '../exit-codes';
import { nodeArguments } from '../node-program';
import { asJson, type Screen } from '../screen';

export interface CheckOptions {
  readonly json?: boolean | undefined;
  readonly timeoutMs: number;
}

const FILES: ReadonlySet<string> = new Set(['.yml', '.yaml', '.json']);

/**
 * For a configuration file: checks the engine's keys. For a program: checks everything that its start would check, including
 * its classes and the schema.
 */
export async function checkConfig(
  file: string,
  args: readonly string[],
  options: CheckOptions,
  screen: Screen,
): Promise<void> {
  const isFile = FILES.has(extname(file).toLowerCase());
  const report = isFile ? await checkFile(file) : await checkProgram(file, args, options);
  const { problems, warnings, groups } = report;
  if (options.json) screen.write(asJson({ ok: problems.length === 0, problems, warnings, groups }));
  else for (const warning of warnings) screen.note(`warning: ${warning}\n`);
  if (problems.length > 0) {
    if (!options.json) for (const problem of problems.slice(0, -1)) screen.note(`error: ${problem}\n`);
    throw new CliError(EXIT.failed, problems.at(-1) ?? '');
  }
  if (!options.json) screen.write(`${[`the configuration of ${file} is good`, ...groups].join('\n  ')}\n`);
}

async function checkFile(file: string): Promise<CheckReport> {
  const base = { type: 'serverengine_config', groups: [] } as const;
  try {
    const raw = await fromFile(resolve(file))();
    // Only the program knows which groups there are: each name in the file is taken for one of them.
    const named = raw[GROUPS_KEY];
    const names = typeof named === 'object' && named !== null ? Object.keys(named) : [];
    const groups = names.length > 0 ? names.map((name) => ({ name, decorator: undefined })) : undefined;
    const { warnings } = loadConfig({ raw, env: process.env, groups, isWithoutProgram: true });
    return { ...base, problems: [], warnings };
  } catch (error) {
    return { ...base, problems: messageOf(error).split('\n'), warnings: [] };
  }
}

async function checkProgram(
  file: string,
  args: readonly string[],
  { timeoutMs }: CheckOptions,
): Promise<CheckReport> {
  const [first = '', ...rest] = nodeArguments(file, args);
  const [execArgv, path, own] =
    first === '--import' ? [[first, rest[0] ?? ''], rest[1] ?? '', rest.slice(2)] : [[], first, rest];
  const child = fork(path, [...own], {
    execArgv: [...process.execArgv, ...execArgv],
    env: { ...process.env, [ROLE_ENV]: CHECK_ROLE },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let report: CheckReport | undefined;
  const late = { isIt: false };
  child.on('message', (message) => {
    if (isReport(message)) report = message;
    // It has nothing more to do, but may keep running.
    if (report) child.kill('SIGKILL');
  });
  const timer = systemClock.after(timeoutMs, () => {
    late.isIt = true;
    child.kill('SIGKILL');
  });
  const code = await new Promise<number | null>((done) => child.once('exit', done));
  timer.cancel();
  if (report) return report;
  if (late.isIt)
    throw new CliError(
      EXIT.late,
      `${file} has not reached run() of its engine within ${String(timeoutMs / 1000)} s. Give it more time with --timeout.`,
    );
  throw new CliError(
    EXIT.failed,
    `${file} ended with status ${String(code)} before it called run() of an engine`,
  );
}

function isReport(message: unknown): message is CheckReport {
  return (
    typeof message === 'object' && message !== null && Reflect.get(message, 'type') === 'serverengine_config'
  );
}
