/**
 * Node options that open a debugger, for a process that we start: each needs its own port, and none may wait for a
 * debugger, because the other processes would not go on either.
 */

const OWN_HOST = '127.0.0.1';

/** For command line arguments. */
export function inspectArgsForChild(args: readonly string[]): readonly string[] {
  return withOwnPort(args, () => '--inspect');
}

/** For arguments that only such a process gets: it waits if that is requested. */
export function inspectArgsWithOwnPort(args: readonly string[]): readonly string[] {
  return withOwnPort(args, (option) => option);
}

/** For a process that nobody debugs. */
export function withoutInspect(args: readonly string[]): readonly string[] {
  return inspectArgsForChild(args).filter((argument) => !OPENING.test(argument) && !PORT.test(argument));
}

/** Whether a process with these arguments waits for a debugger before it runs anything. */
export function waitsForDebugger(args: readonly string[]): boolean {
  return args.some((argument) => /^--inspect-(?:brk|wait)(?:=|$)/.test(argument));
}

/** Whether a process with these arguments opens its debugger at once. */
export function opensDebugger(args: readonly string[]): boolean {
  return args.some((argument) => OPENING.test(argument));
}

function withOwnPort(args: readonly string[], opening: (option: string) => string): readonly string[] {
  return args.flatMap((argument, index) => {
    const before = args[index - 1];
    // `--inspect-port 9230`: the number is dropped with its option.
    if (before !== undefined && PORT_ALONE.test(before)) return [];
    return [optionForChild(argument, opening) ?? argument];
  });
}

/** The same for an environment with NODE_OPTIONS. */
export function inspectEnvForChild(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: options } = env;
  if (options === undefined || !/--(?:inspect|debug)/.test(options)) return env;
  // Split at single blanks: quoted parts keep theirs.
  return { ...env, NODE_OPTIONS: inspectArgsForChild(options.split(' ')).join(' ') };
}

const OPENING = /^(?<option>--inspect(?:-brk|-wait)?)(?:=(?<where>.*))?$/;
const PORT = /^--(?:inspect|debug)-port(?:=(?<where>.*))?$/;
const PORT_ALONE = /^--(?:inspect|debug)-port$/;

function optionForChild(argument: string, opening: (option: string) => string): string | undefined {
  const { option, where } = OPENING.exec(argument)?.groups ?? {};
  if (option !== undefined) return `${opening(option)}=${hostOf(where)}:0`;
  const port = PORT.exec(argument);
  return port ? `--inspect-port=${hostOf(port.groups?.['where'])}:0` : undefined;
}

/** Of `9229`, `host`, `host:9229`, `[::1]:9229`. */
function hostOf(where = ''): string {
  const host = where.replace(/(^|:)\d*$/, '');
  return host === '' ? OWN_HOST : host;
}
