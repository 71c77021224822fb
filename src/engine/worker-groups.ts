import { ConfigError } from '../common/errors';
import type { DecoratorOptions } from '../contract/metadata';
import { checkWorkerClass } from './check-classes';
import type { WorkerClass } from './wiring';

/** One worker class of an engine. */
export interface WorkerGroup {
  /** The name of the class, unless its decorator gives another one. */
  readonly name: string;
  readonly workerClass: WorkerClass;
  /** The options of its decorator. */
  readonly options: DecoratorOptions;
}

/** At least one. */
export type WorkerGroups = readonly [WorkerGroup, ...WorkerGroup[]];

export function groupNames(groups: WorkerGroups): readonly string[] {
  return groups.map(({ name }) => name);
}

/** The group of that name; without a name, the only group. */
export function groupNamed(groups: WorkerGroups, name: string | undefined): WorkerGroup {
  return groups.find((group) => group.name === name) ?? groups[0];
}

// The name appears in log lines, in commands and in the labels of metrics.
const NAME = /^[A-Za-z0-9_$][A-Za-z0-9_$.-]*$/;

/**
 * Checks the classes before anything is made.
 * @param given one class, or several.
 * @throws ConfigError when one is not a Worker, is not decorated, or has the name of another one.
 */
export function workerGroups(given: unknown): WorkerGroups {
  const classes: readonly unknown[] = Array.isArray(given) ? given : [given];
  const [first, ...others] = classes.map((one) => groupOf(one));
  if (!first) {
    throw new ConfigError(
      'ERR_CLASS_INVALID',
      'ServerEngine.create: the second argument must be a subclass of Worker, or a list of them, got an empty list.',
    );
  }
  const groups = [first, ...others] as const;
  for (const { name, workerClass } of groups) {
    const twin = groups.find((other) => other.name === name);
    if (twin === undefined || twin.workerClass === workerClass) continue;
    throw new ConfigError(
      'ERR_CLASS_INVALID',
      `${twin.workerClass.name} and ${workerClass.name} both make a group with the name ${name}. ` +
        `Give one of them another name: @worker({ name: '…' }).`,
    );
  }
  if (new Set(groups.map(({ workerClass }) => workerClass)).size < groups.length) {
    throw new ConfigError(
      'ERR_CLASS_INVALID',
      'ServerEngine.create: the list contains a worker class twice. List it once; `workers` sets how many workers it has.',
    );
  }
  return groups;
}

function groupOf(given: unknown): WorkerGroup {
  const { workerClass, options } = checkWorkerClass(given);
  const { name = workerClass.name || 'Worker' } = options;
  if (typeof name === 'string' && NAME.test(name)) return { name, workerClass, options };
  throw new ConfigError(
    'ERR_CONFIG_INVALID',
    `@worker on ${workerClass.name}: name must be letters, digits, '-', '_' and '.', and begin with a letter or digit, got ${JSON.stringify(name)}.`,
  );
}
