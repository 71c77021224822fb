// Only types: importing this does not load the table.
import type { UNIT_SUFFIX } from './key-names';
import type { KeyName, Keys } from './keys';

type Value<K extends KeyName> = NonNullable<ReturnType<Keys[K]['read']>>['value'];

type OutputName<K extends KeyName> = Keys[K]['kind'] extends keyof typeof UNIT_SUFFIX
  ? `${K}${(typeof UNIT_SUFFIX)[Keys[K]['kind']]}`
  : K;

/** Every engine key, validated and resolved. Times are milliseconds, as their names say; -1 means never. */
export type EngineConfig = { readonly [K in KeyName as OutputName<K>]: Value<K> };
