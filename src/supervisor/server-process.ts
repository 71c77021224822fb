import type { CommandTarget } from '../commands/command';
import type { ProgramMetrics } from '../commands/program-metrics';
import type { LoadedConfig } from '../config/load';
import type { RestartResult } from '../contract/results';
import type { EngineStatus, ServerState } from '../contract/status';
import type { ProcessContact } from '../watch/process-contact';
import type { ProcessMonitor } from '../watch/process-monitor';

/** What a supervisor needs from the monitor of a server process. */
export type ServerMonitor = Pick<
  ProcessMonitor,
  'pid' | 'isAlive' | 'isStopping' | 'reason' | 'startedAt' | 'exited' | 'drained' | 'requestStop' | 'signal'
> & { readonly contact: Pick<ProcessContact, 'hasBeaten'> };

/** One server process as the supervisor sees it. A command to a server that ends before it answers has failed. */
export interface ServerProcess extends CommandTarget {
  readonly monitor: ServerMonitor;
  readonly generation: number;
  /** It has ended, and what it leaves behind when killed was removed. */
  readonly tidied: Promise<void>;
  /** Registers for its reports. Called once, in the turn of the event loop in which it was started. */
  watch(notices: ServerNotices): void;
  /** Its status; undefined if it did not answer in time. */
  status(): Promise<EngineStatus | undefined>;
  /** The metrics of the programs in its workers; undefined if it did not answer in time. */
  programMetrics(): Promise<readonly ProgramMetrics[] | undefined>;
}

/** What a server reports about itself. */
export interface ServerNotices {
  readonly onState: (state: ServerState) => void;
  /** isFollowed: onFirstRound() is called as well, or was called before. */
  readonly onUp: (isFollowed: boolean) => void;
  readonly onFirstRound: (result: RestartResult) => void;
  readonly onFailed: (reason: string, isHopeless: boolean) => void;
  /** One of its workers has failed before any was up. */
  readonly onTrying: (reason: string) => void;
  /** Its workers have ended with unrecoverable exit codes. */
  readonly onUnrecoverable: () => void;
  /** It stops, and has closed its copies of all sockets; next it stops its workers. */
  readonly onSocketsLetGo: () => void;
}

export interface ServerStart {
  readonly generation: number;
  /** Read at each decision about the process, so that a reload takes effect at once. */
  readonly config: () => LoadedConfig;
  /** See ServerBoot. */
  readonly mustComeUp: boolean;
}
