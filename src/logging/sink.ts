import type { Clock } from '../common/clock';
import { BatchedSink } from './batched-sink';
import { FileSink } from './file-sink';
import type { LogSink } from './log-sink';

/**
 * The sink that the `log` key names: nothing is stderr, '-' is stdout, the rest is a path.
 * @throws ConfigError when the file cannot be opened.
 */
export function openSink(log: string | undefined, clock?: Clock): LogSink {
  if (log === undefined) return new BatchedSink('stderr', 2, clock);
  if (log === '-') return new BatchedSink('stdout', 1, clock);
  return new FileSink(log, clock);
}
