import type { Logger } from '../logging/logger';
import type { KillReason } from '../contract/end-reasons';
import type { ChildExit } from '../process/child-exit';

export interface ServerEnd {
  readonly pid: number | undefined;
  readonly generation: number;
  /** Why it was ended, if that was us. */
  readonly reason: KillReason | 'detach' | undefined;
  /** It was to end. */
  readonly isWanted: boolean;
  readonly uptimeMs: number;
  readonly exit: ChildExit;
}

/** "status 1", "signal SIGKILL". */
export function howItEnded({ code, signal }: ChildExit): string {
  return signal === null ? `status ${String(code)}` : `signal ${signal}`;
}

/** One record of the end of a server process. */
export function reportServerEnd(logger: Logger, { exit, isWanted, ...end }: ServerEnd): void {
  const fields = { ...end, uptimeMs: Math.round(end.uptimeMs), error: exit.spawnError };
  if (exit.spawnError) {
    logger.error('server process could not be started', fields);
    return;
  }
  const isAsked = isWanted || end.reason !== undefined;
  const sentence = `server process finished${isAsked ? '' : ' unexpectedly'} with ${howItEnded(exit)}`;
  if (exit.code === 0 || isWanted) logger.info(sentence, fields);
  else logger.error(sentence, fields);
}
