import type { EngineConfigInput, WorkerKeyOptions } from '../config/key-options';

/** The configuration: engine keys and the user's own. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- unknown would not fit the keys that a class names
export type ConfigInput = EngineConfigInput & Readonly<Record<string, any>>;

/** A function that is called again on every reload. Only the schema checks its result. */
export type ConfigFunction = () => ConfigInput | Promise<ConfigInput>;

/** A configuration, or a function that is called again on every reload. */
export type ConfigSource = ConfigInput | ConfigFunction;

/**
 * The configuration for certain classes: their own keys have the types of `this.config`, and each may be left out. With a
 * list of classes, `groups` sets worker keys for one of them, by the name of its group.
 */
export type ConfigFor<ServerClass, WorkerClasses> = EngineConfigInput &
  OwnKeys<ConfigOf<ServerClass>> &
  OwnKeysOfAll<WorkerClasses> &
  Readonly<Record<string, unknown>>;

type OwnKeysOfAll<WorkerClasses> = WorkerClasses extends readonly (infer One)[]
  ? Together<One extends unknown ? OwnKeys<ConfigOf<One>> : never> & GroupKeys
  : OwnKeys<ConfigOf<WorkerClasses>>;

interface GroupKeys {
  /** The worker keys of each group, by the name of the group, without their prefix. */
  readonly groups?: Readonly<Record<string, WorkerKeyOptions>> | undefined;
}

/** A union as an intersection. */
type Together<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

type ConfigOf<Class> = Class extends new (...args: never[]) => { readonly config: infer Config }
  ? Config
  : unknown;

/** Engine keys that a schema names keep the type in which they are written. */
type OwnKeys<Config> = {
  readonly [K in keyof Config as K extends keyof EngineConfigInput ? never : K]?:
    | Written<Config[K]>
    | undefined;
};

type IsAny<T> = 0 extends 1 & T ? true : false;

/**
 * The input for a value of this type, as far as the type shows it: any key of an object may have a default. A schema
 * creates instances and branded strings from other input.
 */
type Written<T> =
  IsAny<T> extends true
    ? unknown
    : T extends string
      ? Unbranded<T, string>
      : T extends number
        ? Unbranded<T, number>
        : T extends readonly (infer Item)[]
          ? readonly Written<Item>[]
          : T extends Instance
            ? unknown
            : T extends object
              ? { readonly [K in keyof T]?: Written<T[K]> | undefined }
              : T;

type Unbranded<T, Plain> = T extends object ? Plain : T;

type Instance =
  | Date
  | RegExp
  | URL
  | Uint8Array
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | ((...args: never[]) => unknown);
