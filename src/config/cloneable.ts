import { serialize } from 'node:v8';
import { ConfigError } from '../common/errors';
import { isPlainObject } from './plain-data';
import { showKind } from './show';

/**
 * For workers and servers in their own thread or process, to which the user's config is copied.
 * @throws ConfigError (ERR_CONFIG_NOT_CLONEABLE) that names the first value that cannot be copied.
 */
export function assertCloneable(user: Readonly<Record<string, unknown>>): void {
  const problem = firstUncloneable(user);
  if (problem === undefined) return;
  throw new ConfigError(
    'ERR_CONFIG_NOT_CLONEABLE',
    `config: ${problem.path} must be plain data, because it is copied into other processes or threads, got ${showKind(problem.value)}. ` +
      `Make it in the worker from plain config values, or run the worker embedded (workerType 'embedded', supervisor false).`,
  );
}

export interface Uncloneable {
  readonly path: string;
  readonly value: unknown;
}

/** The first value that cannot be copied. @param path the name of the whole; a config needs none. */
export function firstUncloneable(whole: unknown, path = ''): Uncloneable | undefined {
  return firstProblem(whole, path, new Set());
}

function firstProblem(value: unknown, path: string, parents: ReadonlySet<unknown>): Uncloneable | undefined {
  if (isCloneable(value) || parents.has(value)) return undefined;
  const within = new Set(parents).add(value);
  for (const [step, item] of childrenOf(value)) {
    const name = typeof step === 'number' ? `${path}[${step}]` : path === '' ? step : `${path}.${step}`;
    const problem = firstProblem(item, name, within);
    if (problem) return problem;
  }
  return { path, value };
}

function isCloneable(value: unknown): boolean {
  try {
    serialize(value);
    return true;
  } catch {
    return false;
  }
}

/** Only of plain data: the inside of an instance is not what the user wrote in the config. */
function childrenOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  return isPlainObject(value) ? Object.entries(value) : [];
}
