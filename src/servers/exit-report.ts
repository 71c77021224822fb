import type { Logger } from '../logging/logger';
import { isWish, type ChildExit, type KillReason } from '../process/process-monitor';

export interface WorkerDeath {
  readonly workerId: number;
  readonly pid: number | undefined;
  readonly generation: number;
  readonly exit: ChildExit;
  /** Set when we ended it. */
  readonly reason: KillReason | undefined;
  readonly uptimeMs: number;
}

/** One record a death: a clean or a wanted end is information, everything else an error. */
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
  if (exit.code === 0 || isWish(reason)) logger.info(sentence, fields);
  else logger.error(sentence, fields);
}
