import { isDeepStrictEqual } from 'node:util';
import type { EngineConfig } from './engine-config';
import { outputName } from './key-names';
import { isKeyName, KEY_NAMES, KEY_TABLE } from './keys';
import { inUserUnit, type LoadedConfig } from './load';
import { maskUserKey } from './mask';

/** A key that differs: values in the user's unit (times in seconds), secrets masked. */
export interface ConfigChange {
  readonly key: string;
  readonly from: unknown;
  readonly to: unknown;
}

export interface ReloadPlan {
  /** What holds after the reload. */
  readonly config: LoadedConfig;
  /** Took effect. */
  readonly changed: readonly ConfigChange[];
  /** Differs in the new config, but holds only after a restart of the server. */
  readonly needsRestart: readonly ConfigChange[];
}

/** What a reload takes over: the reloadable engine keys and all of the user's own keys. */
export function planReload(previous: LoadedConfig, next: LoadedConfig): ReloadPlan {
  const before: Readonly<Record<string, unknown>> = previous.engine;
  const after: Readonly<Record<string, unknown>> = next.engine;
  const engine: Record<string, unknown> = { ...before };
  const changed: ConfigChange[] = [];
  const needsRestart: ConfigChange[] = [];
  for (const key of KEY_NAMES) {
    // A config function may make a new one at each call; which one holds was settled at the start.
    if (KEY_TABLE[key].kind === 'instance') continue;
    const name = outputName(key);
    if (isDeepStrictEqual(before[name], after[name])) continue;
    const change = { key, from: inUserUnit(key, before[name]), to: inUserUnit(key, after[name]) };
    if (KEY_TABLE[key].reloadable) {
      engine[name] = after[name];
      changed.push(change);
    } else {
      needsRestart.push(change);
    }
  }
  changed.push(...userChanges(previous, next));
  const config = Object.freeze({
    engine: Object.freeze(engine) as unknown as EngineConfig,
    user: next.user,
    warnings: next.warnings,
    visible: next.visible,
  });
  return { config, changed, needsRestart };
}

function userChanges(before: LoadedConfig, after: LoadedConfig): ConfigChange[] {
  const keys = new Set([...Object.keys(before.user), ...Object.keys(after.user)]);
  return [...keys]
    .filter((key) => !isKeyName(key) && !isDeepStrictEqual(before.user[key], after.user[key]))
    .map((key) => ({ key, from: shown(before, key), to: shown(after, key) }));
}

function shown({ user, visible }: LoadedConfig, key: string): unknown {
  return maskUserKey(key, user[key], visible);
}
