import type { Clock } from '../common/clock';
import type { LoadedConfig } from '../config/load';
import type { Emit } from '../contract/event-hub';
import type { Logger } from '../record/logger';
import type { ServerProcess, ServerStart } from './server-process';

/** What a supervisor needs from the process that it runs in. */
export interface SupervisorDeps {
  readonly loaded: LoadedConfig;
  readonly load: () => Promise<LoadedConfig>;
  /** The names of the groups of workers. */
  readonly groups: readonly string[];
  readonly startServer: (start: ServerStart) => ServerProcess;
  /** Server.afterStart() of a server object in this process; undefined if the class has none. */
  readonly afterStart: ((config: LoadedConfig) => void | Promise<void>) | undefined;
  readonly applyLog: (config: LoadedConfig) => void | Promise<void>;
  /** From now on servers may outlive us. */
  readonly letGo: () => void;
  readonly onUp: () => void;
  /** The server will not come up. */
  readonly onFailed: (reason: string) => void;
  /** A start failed and is repeated. */
  readonly onTrying: (reason: string) => void;
  /** The final stop: close the listening sockets that this process holds. */
  readonly closeSockets: () => void;
  /** The listening sockets that this process holds, for people. */
  readonly heldSockets: () => readonly string[];
  readonly emit: Emit;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}
