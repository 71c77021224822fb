import type { EngineConfig } from '../config/engine-config';

type Limited = Pick<EngineConfig, 'workerHeapLimit'>;

/** In the unit of V8. Undefined: no limit was set. */
export function heapLimitMb({ workerHeapLimit: bytes }: Limited): number | undefined {
  return bytes === undefined ? undefined : Math.floor(bytes / 2 ** 20);
}

// In Node 24 and later it overrides a size, in any position. It can be one word or two.
const PERCENTAGE = /^--max[-_]old[-_]space[-_]size[-_]percentage(?<value>=.*)?$/;

/** As a node argument. If there are several sizes, the last one counts. */
export function heapLimitArgs(limitMb: number | undefined): readonly string[] {
  return limitMb === undefined ? [] : [`--max-old-space-size=${limitMb}`];
}

/** The arguments of a worker process, with ours right before the script. */
export function withHeapLimitArgs(
  args: readonly string[],
  script: string,
  limitMb: number | undefined,
): readonly string[] {
  if (limitMb === undefined) return args;
  const at = args.indexOf(script);
  return [...withoutPercentage(args.slice(0, at)), ...heapLimitArgs(limitMb), ...args.slice(at)];
}

/** The environment of a worker process. Sizes among the arguments override a size in NODE_OPTIONS. */
export function withHeapLimitEnv(env: NodeJS.ProcessEnv, limitMb: number | undefined): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: options } = env;
  if (limitMb === undefined || options === undefined) return env;
  const words = options.split(' ');
  const kept = withoutPercentage(words);
  return kept.length === words.length ? env : { ...env, NODE_OPTIONS: kept.join(' ') };
}

function withoutPercentage(args: readonly string[]): readonly string[] {
  const isAlone = (argument: string | undefined): boolean => {
    const match = PERCENTAGE.exec(argument ?? '');
    return match !== null && match.groups?.['value'] === undefined;
  };
  return args.filter((argument, index) => !PERCENTAGE.test(argument) && !isAlone(args[index - 1]));
}
