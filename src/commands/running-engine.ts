import type { EngineStatus } from '../contract/status';
import type { CommandTarget } from './command';
import type { ProgramMetrics } from './program-metrics';

/** The whole tree as its main process has it: what it can be told, and what it says of itself. */
export interface RunningEngine extends CommandTarget {
  /** At this moment. Never rejects. */
  status(): Promise<EngineStatus>;
  /** What the programs of its workers count, of each that runs. Within seconds; never rejects. */
  programMetrics(): Promise<readonly ProgramMetrics[]>;
}
