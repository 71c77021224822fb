import type { ServerKeyOptions, WorkerKeyOptions } from '../config/key-options';
import type { UserSchema } from '../config/user-schema';

/** What validates the user's own configuration keys, such as a zod object; its output is `this.config`. */
interface SchemaOption {
  readonly schema?: UserSchema;
}

interface NameOption {
  /**
   * Name of the group of workers, for an engine with several classes of them: in the log, in commands, in the status, and
   * in the config under `groups.NAME`. Letters, digits, `-`, `_` and `.`.
   *
   * Default: the name of the class. A change needs a restart.
   */
  readonly name?: string;
}

export type WorkerOptions = WorkerKeyOptions & SchemaOption & NameOption;
export type ServerOptions = ServerKeyOptions & SchemaOption;
