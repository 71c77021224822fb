/**
 * Options of Node that open a debugger, for a process that we start: each needs a port of its own, and none waits for
 * somebody to attach, as no other process would go on either.
 */

const OWN_HOST = '127.0.0.1';

/** Of command line arguments. */
export function inspectArgsForChild(args: readonly string[]): readonly string[] {
  return args.flatMap((argument, index) => {
    const before = args[index - 1];
    // `--inspect-port 9230`: the number went with its option.
    if (before !== undefined && PORT_ALONE.test(before)) return [];
    return [optionForChild(argument) ?? argument];
  });
}

/** The same of an environment with NODE_OPTIONS. */
export function inspectEnvForChild(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: options } = env;
  if (options === undefined || !/--(?:inspect|debug)/.test(options)) return env;
  // By single blanks: what is quoted keeps its own.
  return { ...env, NODE_OPTIONS: inspectArgsForChild(options.split(' ')).join(' ') };
}

const OPENING = /^--inspect(?:-brk|-wait)?(?:=(?<where>.*))?$/;
const PORT = /^--(?:inspect|debug)-port(?:=(?<where>.*))?$/;
const PORT_ALONE = /^--(?:inspect|debug)-port$/;

function optionForChild(argument: string): string | undefined {
  const opening = OPENING.exec(argument);
  if (opening) return `--inspect=${hostOf(opening.groups?.['where'])}:0`;
  const port = PORT.exec(argument);
  return port ? `--inspect-port=${hostOf(port.groups?.['where'])}:0` : undefined;
}

/** Of `9229`, `host`, `host:9229`, `[::1]:9229`. */
function hostOf(where = ''): string {
  const host = where.replace(/(^|:)\d*$/, '');
  return host === '' ? OWN_HOST : host;
}
