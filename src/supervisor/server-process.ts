import type { CommandTarget } from '../commands/command';
import type { ProgramMetrics } from '../commands/program-metrics';
import type { LoadedConfig } from '../config/load';
import type { RestartResult } from '../contract/results';
import type { EngineStatus, ServerState } from '../contract/status';
import type { ProcessContact } from '../watch/process-contact';
import type { ProcessMonitor } from '../watch/process-monitor';

/** What a supervisor needs of the monitor of a server process. */
export type ServerMonitor = Pick<
  ProcessMonitor,
  'pid' | 'isAlive' | 'isStopping' | 'reason' | 'startedAt' | 'exited' | 'drained' | 'requestStop' | 'signal'
> & { readonly contact: Pick<ProcessContact, 'hasBeaten'> };

/** One server process as the supervisor sees it. A command for one that ends before it answers has failed. */
export interface ServerProcess extends CommandTarget {
  readonly monitor: ServerMonitor;
  readonly generation: number;
  /** It has ended, and what a killed one leaves behind is taken away. */
  readonly tidied: Promise<void>;
  /** Hears what it says from now on. Called once, in the turn of the event loop in which it was started. */
  watch(notices: ServerNotices): void;
  /** How it is; undefined when it has not said so in time. */
  status(): Promise<EngineStatus | undefined>;
  /** What the programs of its workers count; undefined as well. */
  programMetrics(): Promise<readonly ProgramMetrics[] | undefined>;
}

/** What a server says of itself. */
export interface ServerNotices {
  readonly onState: (state: ServerState) => void;
  /** isFollowed: onFirstRound() is called as well, or was before. */
  readonly onUp: (isFollowed: boolean) => void;
  readonly onFirstRound: (result: RestartResult) => void;
  readonly onFailed: (reason: string, isHopeless: boolean) => void;
  /** A worker of it has failed before any was up. */
  readonly onTrying: (reason: string) => void;
  /** Its workers ended for good. */
  readonly onUnrecoverable: () => void;
  /** It stops, and has closed its copies of all sockets; its workers are told next. */
  readonly onSocketsLetGo: () => void;
}

export interface ServerStart {
  readonly generation: number;
  /** Asked at each decision about the process: a reload takes effect at once. */
  readonly config: () => LoadedConfig;
  /** See ServerBoot. */
  readonly mustComeUp: boolean;
}
