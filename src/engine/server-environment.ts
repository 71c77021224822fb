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
  /** Under a supervisor: somebody here may have the socket for which it is about to be asked. */
  readonly askHereFirst?: (answer: AnswerHere) => void;
  /** The workers that the server begins with are all ready, or one of them is not going to be. */
  readonly onFirstRound?: (result: RestartResult) => void;
  /** Whether a start at which no worker comes up ends the server. */
  readonly mustComeUp: (engine: EngineConfig) => boolean;
  /** A worker has failed before any was up. */
  readonly onTrying: (why: string) => void;
}
