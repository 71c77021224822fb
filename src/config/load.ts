import { ConfigError } from '../common/errors';
import { crossCheck, DEFAULT_PLACE, keysOfSomeTypes, type Resolved } from './cross-checks';
import type { EngineConfig } from './engine-config';
import { GROUPS_KEY, hasGroupKeys, settingsOfGroups, withoutGroupKeys, type GroupInput } from './groups';
import { isAutoscale } from './autoscale-value';
import { outputName } from './key-names';
import { KEY_NAMES, KEY_TABLE, type KeyName } from './keys';
import { warningsOfMisspelt } from './misspelt';
import { frozenCopy, isPlainObject } from './plain-data';
import {
  defaultsOfEnvironment,
  settingsOfConfig,
  settingsOfDecorator,
  settingsOfEnvironment,
  warnOfUnknownVariables,
  type DecoratorOptions,
  type Findings,
  type Setting,
} from './settings';
import { show, showKind } from './show';
import { userConfig, userKeyNames } from './user-config';
import type { UserSchema } from './user-schema';
import { visibilityOf, type Visibility } from './visibility';

export interface LoadInput {
  /** What `create` was given, or what its config function returned. */
  readonly raw: unknown;
  readonly serverOptions?: DecoratorOptions | undefined;
  readonly workerOptions?: DecoratorOptions | undefined;
  /** For several worker classes; `workerOptions` is for a single one. */
  readonly groups?: readonly GroupInput[] | undefined;
  /** Without the classes of the program, so what they would set is unknown. */
  readonly isWithoutProgram?: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** From the option `schema` of the decorators. */
  readonly userSchemas?: readonly UserSchema[] | undefined;
}

/** The engine keys of one group of workers. */
export interface GroupConfig {
  readonly name: string;
  readonly engine: EngineConfig;
}

/** The whole configuration of an engine, validated and frozen. */
export interface LoadedConfig {
  /** If there are several groups, its worker keys are those of the first. */
  readonly engine: EngineConfig;
  /** At least one. */
  readonly groups: readonly GroupConfig[];
  readonly user: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
  /** Which parts of `user` logs and dumps may contain. */
  readonly visible: Visibility;
}

/**
 * Resolves every key: built-in default < decorator < config < environment variable.
 * @throws ConfigError (ERR_CONFIG_INVALID) with everything that is wrong, one line each.
 */
export function loadConfig(input: LoadInput): LoadedConfig {
  const findings: Findings = { problems: [], warnings: [] };
  const { problems, warnings } = findings;
  const schemas = input.userSchemas ?? [];
  const userKeys = userKeyNames(schemas);
  const given = plainOrReported(input.raw, problems);
  const groups = input.groups ?? [onlyGroup(input.workerOptions)];
  const isOurs = hasGroupKeys(given, groups, userKeys);
  if (groups.length > 1 && userKeys.has(GROUPS_KEY)) problems.push(GROUPS_TAKEN);
  const raw = isOurs ? withoutGroupKeys(given) : given;
  const ofGroups = isOurs
    ? settingsOfGroups(given[GROUPS_KEY], groups, findings)
    : new Map<string, Setting[]>();
  const common = [
    ...defaultsOfEnvironment(input.env),
    ...(input.serverOptions ? settingsOfDecorator('server', input.serverOptions, findings) : []),
  ];
  const ofConfig = settingsOfConfig(raw);
  const ofEnvironment = settingsOfEnvironment(input.env);
  warnings.push(...warningsOfMisspelt(raw, schemas));
  warnOfUnknownVariables(input.env, userKeys, findings);

  const resolved = groups.map(({ name, decorator }) => {
    const ofDecorator = decorator ? settingsOfDecorator('worker', decorator, findings) : [];
    const settings = [
      ...common,
      ...ofDecorator,
      ...ofConfig,
      ...(ofGroups.get(name) ?? []),
      ...ofEnvironment,
    ];
    const { engine, byKey } = resolve(settings, problems);
    if (input.isWithoutProgram && byKey.get('workerType')?.place === DEFAULT_PLACE) {
      byKey.delete('workerType');
      warnings.push(...warningOfTypes(keysOfSomeTypes(byKey)));
    }
    problems.push(...crossCheck(byKey));
    return { name, engine, byKey };
  });
  const [first] = resolved;
  if (!first) throw new Error('an engine has at least one group of workers');
  const user = userConfig({ raw, env: input.env, schemas, engine: first.byKey }, problems);
  // A problem of all groups is reported once.
  if (problems.length > 0) throw new ConfigError('ERR_CONFIG_INVALID', [...new Set(problems)].join('\n'));
  return Object.freeze({
    engine: first.engine,
    groups: Object.freeze(resolved.map(({ name, engine }) => Object.freeze({ name, engine }))),
    user,
    warnings: Object.freeze(warnings),
    visible: visibilityOf(schemas),
  });
}

const GROUPS_TAKEN =
  `${GROUPS_KEY}: an engine with several worker classes uses this key itself, and a schema names it, too. ` +
  'Give the key of the schema another name.';

function warningOfTypes(keys: readonly KeyName[]): readonly string[] {
  if (keys.length === 0) return [];
  return [
    `${keys.join(', ')}: only some types of workers have ${keys.length === 1 ? 'this key' : 'these keys'}, and the type may be ` +
      'set in the program: check the program itself to be sure.',
  ];
}

function onlyGroup(decorator: DecoratorOptions | undefined): GroupInput {
  return { name: decorator?.className ?? 'Worker', decorator };
}

/** The keys for the server itself, which waits for all groups: those of the group that may take longest. */
export function forAllGroups({ engine, groups }: LoadedConfig): EngineConfig {
  const limits = groups.map((group) => group.engine.workerGracefulKillTimeoutMs);
  const longest = limits.some((limit) => limit < 0) ? -1 : Math.max(...limits);
  return longest === engine.workerGracefulKillTimeoutMs
    ? engine
    : { ...engine, workerGracefulKillTimeoutMs: longest };
}

/** The types of workers, for the log: one type, or with several groups one for each. */
export function describeWorkers({ engine, groups }: LoadedConfig): Readonly<Record<string, string>> {
  if (groups.length === 1) return { workerType: engine.workerType };
  return { groups: groups.map((group) => `${group.name}:${group.engine.workerType}`).join(',') };
}

/** The configuration of one group. */
export function ofGroup(loaded: LoadedConfig, name: string): LoadedConfig {
  const group = loaded.groups.find((one) => one.name === name);
  return group && group.engine !== loaded.engine ? { ...loaded, engine: group.engine } : loaded;
}

function plainOrReported(raw: unknown, problems: string[]): Readonly<Record<string, unknown>> {
  if (isPlainObject(raw)) return raw;
  problems.push(
    `config: must be a plain object, got ${showKind(raw)}. Give create() an object, or a function that returns or resolves with one.`,
  );
  return {};
}

/** Validates every setting, including overridden ones: a wrong value is a mistake even if it has no effect today. */
function resolve(settings: readonly Setting[], problems: string[]) {
  const given = new Map<KeyName, Resolved>();
  const failed = new Set<KeyName>();
  for (const { key, name, place, value } of settings) {
    if (value === undefined) continue;
    const result = KEY_TABLE[key].read(value);
    if (result) {
      given.set(key, { value: result.value, place });
    } else {
      failed.add(key);
      const { allowed, faults } = KEY_TABLE[key];
      const wrong = faults?.(value) ?? [` must be ${allowed}, got ${showSetting(value)}`];
      problems.push(...wrong.map((what) => `${place}: ${name}${what}.`));
    }
  }
  // Some defaults depend on the machine.
  const parsed = new Map<KeyName, Resolved>(
    KEY_NAMES.map((key) => [key, given.get(key) ?? { value: defaultOf(key), place: DEFAULT_PLACE }]),
  );
  const atStart = workersAtStart(parsed);
  if (atStart) parsed.set('workers', atStart);
  // The next change may fix what cannot come up now.
  const watch = parsed.get('watch');
  if (watch?.value !== undefined) {
    parsed.set('startRetry', { value: true, place: watch.place });
    parsed.set('maxRestarts', { value: 0, place: watch.place });
  }
  const entries = [...parsed].map(([key, { value }]) => [outputName(key), value] as const);
  const byKey = new Map(
    [...parsed]
      .filter(([key]) => !failed.has(key))
      .map(([key, { value, place }]) => [key, { value: inUserUnit(key, value), place }]),
  );
  // The only place where the table's values get the type that EngineConfig infers from the same table.
  return { engine: frozenCopy(Object.fromEntries(entries)) as unknown as EngineConfig, byKey };
}

/** A group that is scaled by its load begins with the minimum, unless `workers` sets another number. */
function workersAtStart(parsed: ReadonlyMap<KeyName, Resolved>): Resolved | undefined {
  const autoscale = parsed.get('autoscale');
  if (autoscale?.value === undefined || parsed.get('workers')?.place !== DEFAULT_PLACE) return undefined;
  return isAutoscale(autoscale.value) ? { value: autoscale.value.min, place: autoscale.place } : undefined;
}

/** No engine key takes an object with its own keys: such an object may hold anything. */
function showSetting(value: unknown): string {
  if (Array.isArray(value))
    return show(value.map((item: unknown) => (isScalar(item) ? item : showKind(item))));
  return isScalar(value) ? show(value) : showKind(value);
}

function isScalar(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function');
}

function defaultOf(key: KeyName): unknown {
  const { default: value, read } = KEY_TABLE[key];
  return value === undefined ? undefined : read(value)?.value;
}

/** A resolved value as the user would write it: seconds instead of milliseconds. */
export function inUserUnit(key: KeyName, value: unknown): unknown {
  const isTime = KEY_TABLE[key].kind === 'duration' && typeof value === 'number' && value >= 0;
  return isTime ? value / 1000 : value;
}

/** The parts of a configuration that can be sent to another process: everything except objects of the program. */
export function travelling({ engine, groups, user, visible }: LoadedConfig): Omit<LoadedConfig, 'warnings'> {
  return {
    engine: travellingKeys(engine),
    groups: groups.map((group) => ({ name: group.name, engine: travellingKeys(group.engine) })),
    user,
    visible,
  };
}

function travellingKeys(engine: EngineConfig): EngineConfig {
  const entries = Object.entries(engine).filter(([name]) => !INSTANCE_NAMES.has(name));
  return Object.freeze(Object.fromEntries(entries)) as unknown as EngineConfig;
}

const INSTANCE_NAMES: ReadonlySet<string> = new Set(
  KEY_NAMES.filter((key) => KEY_TABLE[key].kind === 'instance'),
);
