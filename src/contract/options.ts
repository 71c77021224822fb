import type { ServerKeyOptions, WorkerKeyOptions } from '../config/key-options';
import type { UserSchema } from '../config/user-schema';

/** Options of both decorators in addition to the keys of the engine. */
interface SchemaOption {
  /** The schema of your own configuration keys, such as a zod object; its output is `this.config`. Default: none. */
  readonly schema?: UserSchema;
}

/** Options that only `@worker` has. */
interface NameOption {
  /**
   * Name of the group of workers, for an engine with several worker classes. It appears in the log, in commands, in the status,
   * and in the config under `groups.NAME`. Letters, digits, `-`, `_` and `.`.
   *
   * Default: the name of the class. A change needs a restart.
   */
  readonly name?: string;
}

/** The options of `@worker`. The engine checks them when it reads its configuration. */
export type WorkerOptions = WorkerKeyOptions & SchemaOption & NameOption;
/** The options of `@server`. The engine checks them when it reads its configuration. */
export type ServerOptions = ServerKeyOptions & SchemaOption;
