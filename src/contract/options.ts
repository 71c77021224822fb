import type { ServerKeyOptions, WorkerKeyOptions } from '../config/key-options';
import type { UserSchema } from '../config/user-schema';

/** What validates the user's own configuration keys, such as a zod object; its output is `this.config`. */
interface SchemaOption {
  readonly schema?: UserSchema;
}

export type WorkerOptions = WorkerKeyOptions & SchemaOption;
export type ServerOptions = ServerKeyOptions & SchemaOption;
