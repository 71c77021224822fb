/**
 * Options of Node that open a debugger, for a process that we start: each needs a port of its own, and none waits for
 * somebody to attach, as no other process would go on either.
 */

const OWN_HOST = '127.0.0.1';

/** Of command line arguments. */
export function inspectArgsForChild(args: readonly string[]): readonly string[] {
  return withOwnPort(args, () => '--inspect');
}

/** Of arguments that are meant for such a process alone: it waits where that is asked for. */
export function inspectArgsWithOwnPort(args: readonly string[]): readonly string[] {
  return withOwnPort(args, (option) => option);
}

/** Of a process that nobody debugs. */
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
    // `--inspect-port 9230`: the number went with its option.
    if (before !== undefined && PORT_ALONE.test(before)) return [];
    return [optionForChild(argument, opening) ?? argument];
  });
}

/** The same of an environment with NODE_OPTIONS. */
export function inspectEnvForChild(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: options } = env;
  if (options === undefined || !/--(?:inspect|debug)/.test(options)) return env;
  // By single blanks: what is quoted keeps its own.
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
