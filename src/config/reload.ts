import { isDeepStrictEqual } from 'node:util';
import type { EngineConfig } from './engine-config';
import { optionName, outputName } from './key-names';
import { isKeyName, KEY_NAMES, KEY_TABLE, type KeyName } from './keys';
import { inUserUnit, type LoadedConfig } from './load';
import { maskUserKey } from './mask';
import { isSecretName, MASK } from './secret-text';

/** A key that differs: values in the user's unit (times in seconds), secrets masked. */
export interface ConfigChange {
  readonly key: string;
  readonly from: unknown;
  readonly to: unknown;
}

export interface ReloadPlan {
  /** The configuration after the reload. */
  readonly config: LoadedConfig;
  /** Took effect. */
  readonly changed: readonly ConfigChange[];
  /** Differs in the new config, but takes effect only after a restart of the server. */
  readonly needsRestart: readonly ConfigChange[];
}

/** What a reload applies: the reloadable engine keys and all of the user's own keys. */
export function planReload(previous: LoadedConfig, next: LoadedConfig): ReloadPlan {
  const plans = previous.groups.map(({ name, engine }) => {
    const after = next.groups.find((group) => group.name === name)?.engine ?? engine;
    return { name, ...planEngine(engine, after) };
  });
  const config = Object.freeze({
    engine: plans[0]?.engine ?? previous.engine,
    groups: Object.freeze(plans.map(({ name, engine }) => Object.freeze({ name, engine }))),
    user: next.user,
    warnings: next.warnings,
    visible: next.visible,
  });
  return {
    config,
    changed: [...named(plans, 'changed'), ...userChanges(previous, next)],
    needsRestart: named(plans, 'needsRestart'),
  };
}

interface EnginePlan {
  readonly engine: EngineConfig;
  readonly changed: readonly ConfigChange[];
  readonly needsRestart: readonly ConfigChange[];
}

function planEngine(previous: EngineConfig, next: EngineConfig): EnginePlan {
  const before: Readonly<Record<string, unknown>> = previous;
  const after: Readonly<Record<string, unknown>> = next;
  const engine: Record<string, unknown> = { ...before };
  const changed: ConfigChange[] = [];
  const needsRestart: ConfigChange[] = [];
  for (const key of KEY_NAMES) {
    // A config function may make a new one at each call; the one from the start stays in use.
    if (KEY_TABLE[key].kind === 'instance') continue;
    const name = outputName(key);
    if (isDeepStrictEqual(before[name], after[name])) continue;
    const change = { key, from: shownOfEngine(key, before[name]), to: shownOfEngine(key, after[name]) };
    if (KEY_TABLE[key].reloadable) {
      engine[name] = after[name];
      changed.push(change);
    } else {
      needsRestart.push(change);
    }
  }
  return { engine: Object.freeze(engine) as unknown as EngineConfig, changed, needsRestart };
}

function shownOfEngine(key: KeyName, value: unknown): unknown {
  return value !== undefined && isSecretName(key) ? MASK : inUserUnit(key, value);
}

/** A change that is the same for every group is named once, others by their group: `groups.web.workers`. */
function named(
  plans: readonly (EnginePlan & { readonly name: string })[],
  which: 'changed' | 'needsRestart',
): readonly ConfigChange[] {
  const [first, ...others] = plans;
  if (!first) return [];
  const isCommon = (change: ConfigChange): boolean =>
    others.every((plan) => plan[which].some((other) => isDeepStrictEqual(other, change)));
  const common = first[which].filter(isCommon);
  const own = plans.flatMap(({ name, [which]: changes }) =>
    changes
      .filter((change) => !common.some((one) => isDeepStrictEqual(one, change)))
      .map((change) => ({ ...change, key: `groups.${name}.${optionName(change.key as KeyName)}` })),
  );
  return [...common, ...own];
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
