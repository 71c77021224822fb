import type { AnswerHere } from '../child/hold-while-asking';
import type { EngineConfig } from '../config/engine-config';
import type { RestartResult } from '../contract/results';
import type { Logger } from '../record/logger';
import type { LogSink } from '../record/log-sink';
import type { ServerRunnerDeps } from '../server/server-runner';
import type { SocketSource } from '../sockets/socket-registry';

/** What differs between a server without a supervisor and one under a supervisor. */
export interface ServerEnvironment extends Pick<
  ServerRunnerDeps,
  'loaded' | 'load' | 'applyLog' | 'onUp' | 'onFailed' | 'onUnrecoverable' | 'supervised' | 'emit'
> {
  readonly logger: Logger;
  readonly sink: LogSink;
  readonly sockets: SocketSource;
  /** Under a supervisor: this process may already have the socket that it is about to ask for. */
  readonly askHereFirst?: (answer: AnswerHere) => void;
  /** The workers that the server starts with are all ready, or one of them has failed. */
  readonly onFirstRound?: (result: RestartResult) => void;
  /** Whether the server ends if no worker comes up at the start. */
  readonly mustComeUp: (engine: EngineConfig) => boolean;
  /** A worker has failed before any was up. */
  readonly onTrying: (why: string) => void;
}
