import { environmentName, isEnvironmentName, optionName, optionsOf } from './key-names';
import { isKeyName, KEY_NAMES, KEY_TABLE, type KeyName, type KeyOwner } from './keys';
import { readBoolean } from './key-readers';
import { nearestName } from './nearest';
import { isPlainObject } from './plain-data';
import { showKind } from './show';

/** An engine key that is set somewhere, not yet validated. */
export interface Setting {
  readonly key: KeyName;
  /** The key as it is spelled there. */
  readonly name: string;
  /** Where it was set, as messages name it. */
  readonly place: string;
  readonly value: unknown;
}

/** The options that a decorator was given. */
export interface DecoratorOptions {
  readonly className: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What is wrong so far, one sentence each: collected, so that the user sees everything at once. */
export interface Findings {
  readonly problems: string[];
  readonly warnings: string[];
}

export const CONFIG_PLACE = 'config';

// Options of a decorator that are not engine keys.
const OTHER_OPTIONS: Readonly<Record<KeyOwner, ReadonlySet<string>>> = {
  worker: new Set(['schema', 'name']),
  server: new Set(['schema']),
};

// Variables that the engine itself and the socket manager use.
const RESERVED_VARIABLES = /^SERVERENGINE_(?:INTERNAL|SOCKETMANAGER)_/;

export function settingsOfDecorator(owner: KeyOwner, given: DecoratorOptions, findings: Findings): Setting[] {
  const place = `@${owner} on ${given.className}`;
  if (!isPlainObject(given.options)) {
    findings.problems.push(`${place}: the options must be a plain object, got ${showKind(given.options)}.`);
    return [];
  }
  const known = optionsOf(owner);
  return Object.entries(given.options).flatMap(([name, value]) => {
    const key = known.get(name);
    if (key !== undefined) return [{ key, name, place, value }];
    if (!OTHER_OPTIONS[owner].has(name)) findings.problems.push(`${place}: ${whyNoOption(owner, name)}`);
    return [];
  });
}

/** Why a name is not an option of this decorator, and what may have been meant. */
export function whyNoOption(owner: KeyOwner, name: string): string {
  const known = optionsOf(owner);
  const other = owner === 'worker' ? 'server' : 'worker';
  const key = isKeyName(name) ? name : optionsOf(other).get(name);
  if (key !== undefined) {
    const option = optionName(key);
    if (KEY_TABLE[key].owner === owner) return `${name} is spelled ${option} here.`;
    const spelled = option === name ? '' : `, spelled ${option} there`;
    return `${name} is an option of @${other}${spelled}. Move it to @${other} or into the config.`;
  }
  const meant = nearestName(name, known.keys());
  const cure = meant === undefined ? `Allowed: ${[...known.keys()].join(', ')}.` : `Did you mean ${meant}?`;
  return `${name} is not an option of @${owner}. ${cure}`;
}

/** The engine keys of the config object. */
export function settingsOfConfig(raw: Readonly<Record<string, unknown>>): Setting[] {
  return Object.entries(raw).flatMap(([name, value]) =>
    isKeyName(name) ? [{ key: name, name, place: CONFIG_PLACE, value }] : [],
  );
}

/** The engine keys that the environment sets. An empty variable counts as not set. */
export function settingsOfEnvironment(env: NodeJS.ProcessEnv): Setting[] {
  // Usually there is none: then the names of all keys need not be built.
  if (!Object.keys(env).some(isEnvironmentName)) return [];
  return KEY_NAMES.flatMap((key) => {
    const name = environmentName(key);
    const text = env[name];
    return text ? [{ key, name: key, place: environmentPlace(key), value: fromText(key, text) }] : [];
  });
}

// From Ruby's sigdump. Any other setting of the key overrides it.
const VARIABLES_OF_DEFAULTS: Readonly<Record<string, KeyName>> = { SIGDUMP_SIGNAL: 'signalDump' };

/** Variables without our prefix that set the default of a key. */
export function defaultsOfEnvironment(env: NodeJS.ProcessEnv): Setting[] {
  return Object.entries(VARIABLES_OF_DEFAULTS).flatMap(([variable, key]) => {
    const value = env[variable];
    return value ? [{ key, name: key, place: `environment variable ${variable}`, value }] : [];
  });
}

export function environmentPlace(key: string): string {
  return `environment variable ${environmentName(key)}`;
}

export function warnOfUnknownVariables(
  env: NodeJS.ProcessEnv,
  userKeys: ReadonlySet<string>,
  findings: Findings,
): void {
  const names = Object.keys(env).filter((name) => isEnvironmentName(name) && !RESERVED_VARIABLES.test(name));
  if (names.length === 0) return;
  const known = new Set([...KEY_NAMES, ...userKeys].map(environmentName));
  for (const name of names) {
    if (known.has(name)) continue;
    const meant = nearestName(name, known);
    const question = meant === undefined ? '' : ` Did you mean ${meant}?`;
    findings.warnings.push(
      `environment variable ${name} is ignored: no engine key and no key of a schema has that name.${question}`,
    );
  }
}

/**
 * An environment variable is always a string: this converts it according to the key's kind. What cannot be converted
 * stays as it is.
 */
function fromText(key: KeyName, text: string): unknown {
  const { kind } = KEY_TABLE[key];
  switch (kind) {
    case 'integer':
    case 'number':
      return numberOr(text);
    case 'object':
      return jsonOr(text);
    case 'list':
      return listFromText(key, text);
    case 'duration':
    case 'boolean':
    case 'string':
    case 'enum':
    case 'signal':
    case 'mask':
    case 'size':
    case 'instance':
      return text;
  }
}

/** As JSON, or as a person writes such a list. */
function listFromText(key: KeyName, text: string): unknown {
  if (text.trim().startsWith('[')) return jsonOr(text);
  const { type } = KEY_TABLE[key].form;
  if (type === 'node flags') return text.trim().split(/\s+/);
  if (type === 'module names') return text.split(',').map((name) => name.trim());
  // A comma within braces belongs to a glob.
  if (type === 'watch')
    return readBoolean(text)?.value ?? text.split(/,(?![^{]*\})/).map((glob) => glob.trim());
  return text.split(',').map((item) => numberOr(item.trim()));
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function numberOr(text: string): number | string {
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) ? text : value;
}
