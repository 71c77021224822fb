import type { Clock } from '../common/clock';
import type { LoadedConfig } from '../config/load';
import type { Emit } from '../contract/event-hub';
import type { Logger } from '../record/logger';
import type { ServerProcess, ServerStart } from './server-process';

/** What a supervisor needs of the process that it runs in. */
export interface SupervisorDeps {
  readonly loaded: LoadedConfig;
  readonly load: () => Promise<LoadedConfig>;
  /** The names of the groups of workers. */
  readonly groups: readonly string[];
  readonly startServer: (start: ServerStart) => ServerProcess;
  /** Server.afterStart() of a server object that lives here; undefined when the class has none. */
  readonly afterStart: ((config: LoadedConfig) => void | Promise<void>) | undefined;
  readonly applyLog: (config: LoadedConfig) => void | Promise<void>;
  /** Servers may from now on outlive us. */
  readonly letGo: () => void;
  readonly onUp: () => void;
  /** It is not going to be up. */
  readonly onFailed: (reason: string) => void;
  /** A start failed, and it is tried again. */
  readonly onTrying: (reason: string) => void;
  /** The final stop: the listening sockets that are held here are closed. */
  readonly closeSockets: () => void;
  /** The listening sockets that are held here, for people. */
  readonly heldSockets: () => readonly string[];
  readonly emit: Emit;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}
