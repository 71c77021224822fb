import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Node flags without which V8 would wait for threads that a forked process does not have. `--single-threaded` implies
 * them, and those of forking/late-flags.ts.
 */
const FORK_FLAGS: readonly string[] = [
  '--single-threaded-gc',
  '--no-concurrent-recompilation',
  '--no-concurrent-sparkplug',
  '--v8-pool-size=1',
];

/** Flags that need a thread of Node, or that write something at Node's own exit. */
const NOT_WITH = [
  /^--inspect(?:-brk|-wait)?(?:=|$)/,
  /^--(?:cpu|heap)-prof/,
  /^--prof(?:$|=)/,
  /^--heapsnapshot-near-heap-limit/,
  /^--(?:experimental-)?permission/,
  /^--trace-event/,
  /^--v8-pool-size/,
];

/** Flags for forked workers only, not for the programs that they start. */
export function ownForkArgs(): readonly string[] {
  return [...FORK_FLAGS, `--require=${preloadFile()}`];
}

/** The arguments of a template. Our own come first: modules of --require must be loaded after ours. */
export function forkArgs(args: readonly string[]): readonly string[] {
  return [...ownForkArgs(), ...args];
}

/** Those for Node, not for the program. */
export function flagsBefore(args: readonly string[], script: string): readonly string[] {
  return args.slice(0, args.indexOf(script));
}

/** Undefined: a process with these can be forked. */
export function whyNotTemplate(
  execArgv: readonly string[],
  { NODE_OPTIONS: options = '', NODE_V8_COVERAGE: coverage }: NodeJS.ProcessEnv,
): string | undefined {
  const flag = [...execArgv, ...options.split(/\s+/)].find((one) => {
    const spelled = asDocumented(one);
    return NOT_WITH.some((flags) => flags.test(spelled));
  });
  if (flag !== undefined) return `a process with ${flag} cannot be forked`;
  if (coverage !== undefined) return 'a process with NODE_V8_COVERAGE cannot be forked';
  return existsSync(preloadFile()) ? undefined : 'the program is one bundle with the engine';
}

/** Node also takes underscores in the name of a flag, and quotes around a flag in NODE_OPTIONS. */
function asDocumented(flag: string): string {
  return flag.replace(/^"/, '').replace(/^[^=]+/, (name) => name.replaceAll('_', '-'));
}

function preloadFile(): string {
  return typeof __dirname === 'undefined' ? '' : join(__dirname, '..', 'child', 'template-preload.js');
}
