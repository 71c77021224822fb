import type { AutomaticCount, DurationRange, IntegerRange, Reader } from './key-readers';

/** The kind of a key: it decides its unit, its name in EngineConfig and how a string from the environment is read. */
export type KeyKind =
  | 'duration'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'string'
  | 'enum'
  | 'list'
  | 'signal'
  | 'mask'
  | 'size'
  | 'object'
  | 'instance';

/**
 * What a key accepts, as data: for code that describes it instead of reading it. `isOptional`: null also means no
 * value.
 */
export type KeyForm =
  | { readonly type: 'duration'; readonly range: DurationRange }
  | { readonly type: 'integer'; readonly range: IntegerRange; readonly isOptional: boolean }
  | { readonly type: 'words'; readonly words: readonly string[] }
  | { readonly type: 'count'; readonly auto: AutomaticCount }
  | { readonly type: 'optional size' | 'secret'; readonly least: number }
  | {
      readonly type:
        | 'autoscale'
        | 'ratio'
        | 'size'
        | 'optional duration'
        | 'exit codes'
        | 'memory limit'
        | 'node flags'
        | 'module names'
        | 'watch'
        | 'listen address';
    }
  | {
      readonly type: 'boolean' | 'text' | 'text or false' | 'account' | 'mask' | 'signal';
      readonly isOptional: boolean;
    }
  | {
      readonly type: 'instance';
      readonly is: (value: unknown) => boolean;
      /** As TypeScript code, for the option types that are generated from the table. */
      readonly typeText: string;
      readonly isOptional: true;
    };

/** Everything that is known about one engine key, except its name and its owner. */
export interface KeyBody<Kind extends KeyKind, Value, Input> {
  readonly kind: Kind;
  readonly form: KeyForm;
  readonly read: Reader<Value>;
  /** Ends the sentence "K must be …". */
  readonly allowed: string;
  /**
   * For a value with parts: what is wrong with each. Each entry continues a sentence that begins with the name of the
   * key.
   */
  readonly faults?: (given: unknown) => readonly string[];
  readonly unit: string | undefined;
  /** In the user's unit; undefined: none. */
  readonly default: Input | undefined;
  readonly reloadable: boolean;
  readonly doc: string;
  /** The name in Ruby's ServerEngine, if the key comes from there. */
  readonly source: string | undefined;
}

/** What the table says about a key. */
export interface Facts<Input> {
  readonly default: Input;
  readonly doc: string;
  readonly reloadable?: true;
  readonly source?: string;
}

/** The same for a key that may have no value. */
export type OptionalFacts<Input> = Omit<Facts<Input>, 'default'>;

/** The part that is the same for every kind of key that may have no value. */
export function optional<Input>(facts: OptionalFacts<Input>) {
  return common<Input>({ default: undefined, ...facts });
}

/** The part of a key that is the same for every kind. */
export function common<Input>(
  facts: Omit<Facts<Input>, 'default'> & { readonly default: Input | undefined },
) {
  return {
    default: facts.default,
    reloadable: facts.reloadable ?? false,
    doc: facts.doc,
    source: facts.source,
  };
}
