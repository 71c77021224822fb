import { serialize } from 'node:v8';
import { ConfigError } from '../common/errors';
import { isPlainObject } from './plain-data';
import { showKind } from './show';

/**
 * For workers and servers that run in a thread or process of their own: the user's config is copied to them.
 * @throws ConfigError (ERR_CONFIG_NOT_CLONEABLE) that names the first value of which there can be no copy.
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

/** The first value of which there can be no copy. @param path what the whole is called; of a config it needs no name. */
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

/** Of plain data only: what is inside an instance is not what the user wrote in the config. */
function childrenOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  return isPlainObject(value) ? Object.entries(value) : [];
}
