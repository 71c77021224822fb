import { optionsOf, snakeCase } from './key-names';
import { nearestName } from './nearest';
import { isPlainObject } from './plain-data';
import { CONFIG_PLACE, whyNoOption, type DecoratorOptions, type Findings, type Setting } from './settings';
import { showKind } from './show';

/** The key of the config that sets worker keys for one group. */
export const GROUPS_KEY = 'groups';

/** One worker class, as its decorator describes it. */
export interface GroupInput {
  readonly name: string;
  readonly decorator: DecoratorOptions | undefined;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Whether `groups` in the config belongs to the engine. With one class it may be a key of the program itself, unless it
 * names that class.
 */
export function hasGroupKeys(
  raw: Values,
  groups: readonly GroupInput[],
  userKeys: ReadonlySet<string>,
): boolean {
  if (!Object.hasOwn(raw, GROUPS_KEY) || userKeys.has(GROUPS_KEY)) return false;
  const given = raw[GROUPS_KEY];
  return groups.length > 1 || (isPlainObject(given) && groups.some(({ name }) => Object.hasOwn(given, name)));
}

/** The config without `groups`. */
export function withoutGroupKeys(raw: Values): Values {
  return Object.fromEntries(Object.entries(raw).filter(([name]) => name !== GROUPS_KEY));
}

/** The worker keys that `groups.NAME` sets, by group. They are spelled like the options of @worker. */
export function settingsOfGroups(
  given: unknown,
  groups: readonly GroupInput[],
  { problems }: Findings,
): ReadonlyMap<string, readonly Setting[]> {
  const names = groups.map(({ name }) => name);
  if (!isPlainObject(given)) {
    problems.push(
      `${CONFIG_PLACE}: ${GROUPS_KEY} must be an object with a key for each group (${names.join(', ')}), got ${showKind(given)}.`,
    );
    return new Map();
  }
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const meant = nearestName(name, names);
    const question = meant === undefined ? '' : ` Did you mean ${meant}?`;
    problems.push(
      `${CONFIG_PLACE}: ${GROUPS_KEY}.${name} names no group of this engine. Groups: ${names.join(', ')}.${question}`,
    );
  }
  return new Map(names.map((name) => [name, settingsOfGroup(name, given[name], problems)]));
}

function settingsOfGroup(group: string, given: unknown, problems: string[]): readonly Setting[] {
  const place = `${GROUPS_KEY}.${group}`;
  if (given === undefined || given === null) return [];
  if (!isPlainObject(given)) {
    problems.push(`${CONFIG_PLACE}: ${place} must be an object with worker keys, got ${showKind(given)}.`);
    return [];
  }
  const known = optionsOf('worker');
  return Object.entries(given).flatMap(([spelled, value]) => {
    const name = known.has(spelled) ? spelled : (SNAKE_OPTIONS.get(spelled) ?? spelled);
    const key = known.get(name);
    if (key !== undefined) return [{ key, name: `${place}.${spelled}`, place: CONFIG_PLACE, value }];
    problems.push(`${CONFIG_PLACE}: ${place}: ${whyNoOption('worker', spelled)}`);
    return [];
  });
}

/** As in the files of Ruby's ServerEngine. */
const SNAKE_OPTIONS: ReadonlyMap<string, string> = new Map(
  [...optionsOf('worker').keys()].map((name) => [snakeCase(name), name]),
);
