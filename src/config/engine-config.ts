// Types only: whoever imports this does not load the table.
import type { UNIT_SUFFIX } from './key-names';
import type { KeyName, KeyOwner, Keys } from './keys';

type Input<K extends KeyName> = Exclude<Keys[K]['default'], undefined>;
type Value<K extends KeyName> = NonNullable<ReturnType<Keys[K]['read']>>['value'];
type Owned<Owner extends KeyOwner> = { [K in KeyName]: Keys[K]['owner'] extends Owner ? K : never }[KeyName];

type OutputName<K extends KeyName> = Keys[K]['kind'] extends keyof typeof UNIT_SUFFIX
  ? `${K}${(typeof UNIT_SUFFIX)[Keys[K]['kind']]}`
  : K;

type WithoutPrefix<K extends string> = K extends `worker${infer Short}`
  ? Short extends Capitalize<Short>
    ? Uncapitalize<Short>
    : K
  : K;

/** Every engine key, validated and resolved. Times are milliseconds and say so in the name; -1 means never. */
export type EngineConfig = { readonly [K in KeyName as OutputName<K>]: Value<K> };

/** The engine keys as a user may write them in the config. */
export type EngineConfigInput = { readonly [K in KeyName]?: Input<K> | undefined };

/** The options of @worker that are engine keys: without the `worker` prefix. */
export type WorkerKeyOptions = {
  readonly [K in Owned<'worker'> as WithoutPrefix<K>]?: Input<K> | undefined;
};

/** The options of @server that are engine keys. */
export type ServerKeyOptions = { readonly [K in Owned<'server'>]?: Input<K> | undefined };
