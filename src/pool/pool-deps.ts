import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { Emit } from '../contract/event-hub';
import type { MessageHook } from '../contract/message-hook';
import type { WorkerPeer } from '../contract/server-control';
import type { Logger } from '../record/logger';

/** What every group of workers needs, whatever the type of its workers. */
export interface PoolDeps {
  readonly group: string;
  /** The engine has several groups: the log names this one. */
  readonly isOneOfSeveral?: boolean;
  /** Calls the listeners of `engine.on()`. */
  readonly emit: Emit;
  /** The message handlers of the Server object for one worker. */
  readonly hook: (from: WorkerPeer) => MessageHook;
  /** Notifies the Server object that the pool gives up. */
  readonly stopServer: () => void;
  /** Whether the pool ends if no worker comes up at the start. */
  readonly mustComeUp: () => boolean;
  /** A worker has failed before any was up. */
  readonly onTrying: (why: string) => void;
  readonly engine: () => EngineConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}
