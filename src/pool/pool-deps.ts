import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { Emit } from '../contract/event-hub';
import type { MessageHook } from '../contract/message-hook';
import type { WorkerPeer } from '../contract/server-control';
import type { Logger } from '../record/logger';

/** What every group of workers needs, whatever its workers are made of. */
export interface PoolDeps {
  /** The name of the group. */
  readonly group: string;
  /** The engine has other groups, too: the log names this one. */
  readonly isOneOfSeveral?: boolean;
  /** Tells the listeners of `engine.on()`. */
  readonly emit: Emit;
  /** Of the Server object, for what that worker sends. */
  readonly hook: (from: WorkerPeer) => MessageHook;
  /** Lets the Server object hear that the pool gives up. */
  readonly stopServer: () => void;
  /** Whether a start at which no worker comes up ends the pool. */
  readonly mustComeUp: () => boolean;
  /** A worker has failed before any was up. */
  readonly onTrying: (why: string) => void;
  readonly engine: () => EngineConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}
