import type { EngineStatus } from '../contract/status';
import type { CommandTarget } from './command';

/** The whole tree as its main process has it: what it can be told, and what it says of itself. */
export interface RunningEngine extends CommandTarget {
  /** At this moment. Never rejects. */
  status(): Promise<EngineStatus>;
}
