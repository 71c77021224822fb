import type { KeyKind } from './key-body';
import { KEY_NAMES, KEY_TABLE, type KeyName, type KeyOwner } from './keys';

const ENVIRONMENT_PREFIX = 'SERVERENGINE_';

/** What EngineConfig appends to a key of this kind, so that the unit is in the name. */
export const UNIT_SUFFIX = { duration: 'Ms' } as const satisfies Partial<Record<KeyKind, string>>;

/** 'workerHeartbeatTimeout' -> 'worker_heartbeat_timeout', 'dbURL' -> 'db_url'. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

/** 'workers' -> 'SERVERENGINE_WORKERS'. */
export function environmentName(name: string): string {
  return `${ENVIRONMENT_PREFIX}${snakeCase(name).toUpperCase()}`;
}

export function isEnvironmentName(name: string): boolean {
  return name.startsWith(ENVIRONMENT_PREFIX);
}

/** The key's name in EngineConfig: 'startWorkerDelay' -> 'startWorkerDelayMs'. */
export function outputName(key: KeyName): string {
  const suffixes: Readonly<Partial<Record<KeyKind, string>>> = UNIT_SUFFIX;
  return `${key}${suffixes[KEY_TABLE[key].kind] ?? ''}`;
}

/** The key's name as a decorator option: 'workerType' -> 'type' of @worker. */
export function optionName(key: KeyName): string {
  const short = KEY_TABLE[key].owner === 'worker' ? /^worker([A-Z].*)$/.exec(key)?.[1] : undefined;
  return short === undefined ? key : short.charAt(0).toLowerCase() + short.slice(1);
}

/** The options of a decorator by name, each with its key. */
export function optionsOf(owner: KeyOwner): ReadonlyMap<string, KeyName> {
  const keys = KEY_NAMES.filter((key) => KEY_TABLE[key].owner === owner);
  return new Map(keys.map((key) => [optionName(key), key]));
}
