import { LogBlock } from '../logging/log-block';
import type { Logger } from '../logging/logger';
import { isWished, type KillReason } from '../contract/end-reasons';
import type { ChildExit } from '../process/process-monitor';
import type { WorkerIdentity } from './worker-handle';

export interface WorkerDeath extends WorkerIdentity {
  readonly pid: number | undefined;
  readonly exit: ChildExit;
  /** Set when we ended it. */
  readonly reason: KillReason | undefined;
  readonly uptimeMs: number;
  /** Its memory when it was last heard of. */
  readonly rssBytes: number | undefined;
  /** The last lines that it wrote. */
  readonly lastLines: readonly string[];
  /** Whether the kernel has killed a process for want of memory lately. */
  readonly hasOomKill: boolean;
}

/** A clean or a wanted end needs no explanation. */
export function isExpected(exit: ChildExit, reason: KillReason | undefined): boolean {
  return exit.spawnError === undefined && (exit.code === 0 || isWished(reason));
}

/** One record a death: a clean or a wanted end is information, everything else an error with all that is known. */
export function reportExit(logger: Logger, death: WorkerDeath): void {
  const { workerId, exit, reason } = death;
  const fields = {
    workerId,
    pid: death.pid,
    generation: death.generation,
    reason,
    uptimeMs: Math.round(death.uptimeMs),
  };
  if (exit.spawnError) {
    logger.error(`worker ${workerId} could not be started`, { ...fields, error: exit.spawnError });
    return;
  }
  const how = exit.signal === null ? `status ${String(exit.code)}` : `signal ${exit.signal}`;
  const sentence = `worker ${workerId} finished${reason === undefined ? ' unexpectedly' : ''} with ${how}`;
  if (isExpected(exit, reason)) {
    logger.info(sentence, fields);
    return;
  }
  const { rssBytes, lastLines } = death;
  logger.error(sentence, {
    ...fields,
    rssMb: rssBytes === undefined ? undefined : Math.round(rssBytes / 2 ** 20),
    likelyCause: likelyCause(death),
    lastLines: lastLines.length === 0 ? undefined : new LogBlock(lastLines),
  });
}

const HEAP_EXHAUSTED = /JavaScript heap out of memory|invalid table size Allocation failed/;

/** What a status or a signal by itself does not say. */
function likelyCause({ exit, reason, hasOomKill, lastLines }: WorkerDeath): string | undefined {
  if (reason !== undefined) return undefined;
  if (exit.signal === 'SIGKILL' && hasOomKill) return 'the kernel killed it for want of memory (OOM killer)';
  if (lastLines.some((line) => HEAP_EXHAUSTED.test(line))) {
    return 'its JavaScript heap was full (--max-old-space-size)';
  }
  return undefined;
}

// Enough to recognize what it was.
const MOST_SHOWN = 500;

/** A record of which only the beginning came, because the worker was killed meanwhile. */
export function reportUnfinished(logger: Logger, who: WorkerIdentity, begun: string | undefined): void {
  if (begun === undefined) return;
  logger.warn(`worker ${who.workerId} ended in the middle of a log record`, {
    ...who,
    begun: begun.slice(0, MOST_SHOWN),
    length: begun.length,
  });
}
