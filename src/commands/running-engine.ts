import type { EngineStatus } from '../contract/status';
import type { CommandTarget } from './command';
import type { ProgramMetrics } from './program-metrics';

/** The whole tree as its main process sees it: it takes commands, and reports its status. */
export interface RunningEngine extends CommandTarget {
  /** The status at this moment. Never rejects. */
  status(): Promise<EngineStatus>;
  /** The metrics of the programs in all running workers. Answers within seconds; never rejects. */
  programMetrics(): Promise<readonly ProgramMetrics[]>;
}
