import type { EngineConfig } from '../config/engine-config';
import type { Logger } from '../record/logger';
import { splitLastWords } from '../pool/last-words-text';
import { crashLimit } from '../pool/restart-settings';
import type { ServerProcess } from './server-process';
import type { KillReason } from '../contract/end-reasons';
import { howItEnded, type ChildExit } from '../watch/child-exit';

export interface ServerEnd {
  readonly server: Pick<ServerProcess, 'monitor' | 'generation'>;
  /** Why it was ended, if we ended it. */
  readonly reason: KillReason | 'detach' | undefined;
  /** It was meant to end. */
  readonly isWanted: boolean;
  readonly exit: ChildExit;
  readonly now: number;
}

export function neverUp(exit: ChildExit): string {
  return `the server process ended with ${howItEnded(exit)} before it was up`;
}

/** Some of its first workers were still starting. */
export function neverReady(exit: ChildExit): string {
  return `the server process ended with ${howItEnded(exit)} before all of its workers were ready`;
}

/** Logs the end of a server process, in one record. */
export function reportServerEnd(logger: Logger, { server, reason, isWanted, exit, now }: ServerEnd): void {
  const { monitor, generation } = server;
  const uptimeMs = Math.round(now - monitor.startedAt);
  const fields = { pid: monitor.pid, generation, reason, uptimeMs, error: exit.spawnError };
  if (exit.spawnError) {
    logger.error('server process could not be started', fields);
    return;
  }
  const isAsked = isWanted || reason !== undefined;
  const sentence = `server process finished${isAsked ? '' : ' unexpectedly'} with ${howItEnded(exit)}`;
  if (exit.code === 0 || isWanted) logger.info(sentence, fields);
  else logger.error(sentence, fields);
}

/** Logs why no server is started any more, in one record. */
export function reportGivingUp(
  logger: Logger,
  engine: EngineConfig,
  { because, why }: { readonly because: 'never_up' | 'crash_limit'; readonly why: string },
): void {
  switch (because) {
    case 'never_up':
      logger.fatal(
        'the server did not come up, so the supervisor gives up; with startRetry: true it tries for ever',
        splitLastWords(why),
      );
      return;
    case 'crash_limit':
      logger.fatal('the server process crashes too often; the supervisor gives up', {
        ...crashLimit(engine),
      });
  }
}
