import type { ServerKeyOptions, WorkerKeyOptions } from '../config/key-options';
import type { UserSchema } from '../config/user-schema';

/** What both decorators take beside the keys of the engine. */
interface SchemaOption {
  /** What validates your own configuration keys, such as a zod object; its output is `this.config`. Default: none. */
  readonly schema?: UserSchema;
}

/** What `@worker` alone takes beside them. */
interface NameOption {
  /**
   * Name of the group of workers, for an engine with several classes of them: in the log, in commands, in the status, and
   * in the config under `groups.NAME`. Letters, digits, `-`, `_` and `.`.
   *
   * Default: the name of the class. A change needs a restart.
   */
  readonly name?: string;
}

/** The options of `@worker`. Errors in them are thrown when the engine reads its configuration. */
export type WorkerOptions = WorkerKeyOptions & SchemaOption & NameOption;
/** The options of `@server`. Errors in them are thrown when the engine reads its configuration. */
export type ServerOptions = ServerKeyOptions & SchemaOption;
