import { ConfigError } from '../common/errors';
import { crossCheck, DEFAULT_PLACE, type Resolved } from './cross-checks';
import type { EngineConfig } from './engine-config';
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
  /** What `create` was given, or what its config function gave. */
  readonly raw: unknown;
  readonly serverOptions?: DecoratorOptions | undefined;
  readonly workerOptions?: DecoratorOptions | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** From the decorators' option `schema`. */
  readonly userSchemas?: readonly UserSchema[] | undefined;
}

/** The whole configuration of an engine, validated and frozen. */
export interface LoadedConfig {
  readonly engine: EngineConfig;
  readonly user: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
  /** What of `user` logs and dumps may have. */
  readonly visible: Visibility;
}

/**
 * Resolves every key: built-in default < decorator < config < environment variable.
 * @throws ConfigError (ERR_CONFIG_INVALID) that tells everything that is wrong, a line each.
 */
export function loadConfig(input: LoadInput): LoadedConfig {
  const findings: Findings = { problems: [], warnings: [] };
  const { problems, warnings } = findings;
  const schemas = input.userSchemas ?? [];
  const userKeys = userKeyNames(schemas);
  const raw = plainOrReported(input.raw, problems);
  const settings = [
    ...defaultsOfEnvironment(input.env),
    ...(input.serverOptions ? settingsOfDecorator('server', input.serverOptions, findings) : []),
    ...(input.workerOptions ? settingsOfDecorator('worker', input.workerOptions, findings) : []),
    ...settingsOfConfig(raw),
    ...settingsOfEnvironment(input.env),
  ];
  warnings.push(...warningsOfMisspelt(raw, schemas));
  warnOfUnknownVariables(input.env, userKeys, findings);

  const { engine, byKey } = resolve(settings, problems);
  problems.push(...crossCheck(byKey));
  const user = userConfig({ raw, env: input.env, schemas, engine: byKey }, problems);
  if (problems.length > 0) throw new ConfigError('ERR_CONFIG_INVALID', problems.join('\n'));
  return Object.freeze({ engine, user, warnings: Object.freeze(warnings), visible: visibilityOf(schemas) });
}

function plainOrReported(raw: unknown, problems: string[]): Readonly<Record<string, unknown>> {
  if (isPlainObject(raw)) return raw;
  problems.push(
    `config: must be a plain object, got ${showKind(raw)}. Give create() an object, or a function that returns or resolves with one.`,
  );
  return {};
}

/** Validates every setting, the overridden ones too: a wrong value is a mistake even where it does not count today. */
function resolve(settings: readonly Setting[], problems: string[]) {
  const parsed = new Map<KeyName, Resolved>(
    KEY_NAMES.map((key) => [key, { value: defaultOf(key), place: DEFAULT_PLACE }]),
  );
  const failed = new Set<KeyName>();
  for (const { key, name, place, value } of settings) {
    if (value === undefined) continue;
    const result = KEY_TABLE[key].read(value);
    if (result) {
      parsed.set(key, { value: result.value, place });
    } else {
      failed.add(key);
      problems.push(`${place}: ${name} must be ${KEY_TABLE[key].allowed}, got ${showSetting(value)}.`);
    }
  }
  const entries = [...parsed].map(([key, { value }]) => [outputName(key), value] as const);
  const byKey = new Map(
    [...parsed]
      .filter(([key]) => !failed.has(key))
      .map(([key, { value, place }]) => [key, { value: inUserUnit(key, value), place }]),
  );
  // The one place where the table's values get the type that EngineConfig infers from the same table.
  return { engine: frozenCopy(Object.fromEntries(entries)) as unknown as EngineConfig, byKey };
}

/** No engine key takes an object with keys of its own: whatever it is, it may hold anything. */
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

/** The engine keys that can go to another process: all but objects of the program itself. */
export function travellingKeys(engine: EngineConfig): EngineConfig {
  const entries = Object.entries(engine).filter(([name]) => !INSTANCE_NAMES.has(name));
  return Object.freeze(Object.fromEntries(entries)) as unknown as EngineConfig;
}

const INSTANCE_NAMES: ReadonlySet<string> = new Set(
  KEY_NAMES.filter((key) => KEY_TABLE[key].kind === 'instance'),
);
