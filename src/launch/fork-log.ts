import type { Clock } from '../common/clock';
import type { TemplatePhase } from '../forking/fork-state';
import type { Logger } from '../record/logger';

export interface ForkLog {
  readonly logger: Logger;
  readonly clock: Clock;
  /** Set if the engine has several groups. */
  readonly group: string | undefined;
}

const SPAWNED = "workers are spawned, not forked as workerStart 'fork' asks";
const CRASHED =
  'forked workers crash soon after their start, in a way that programs do not: from now on workers are spawned';

/** Writes one sentence to the log for a change of the template. Some changes are not worth one. */
export function logPhase(
  { logger, clock, group }: ForkLog,
  before: TemplatePhase,
  phase: TemplatePhase,
): void {
  const template = 'pid' in before ? before.pid : undefined;
  const fields = {
    ...(group === undefined ? {} : { group }),
    ...(template === undefined ? {} : { template }),
  };
  const now = clock.now();
  switch (phase.kind) {
    case 'waiting':
    case 'loading':
      return;
    case 'ready':
      logger.info('the process that workers are forked from is ready', {
        ...fields,
        loadMs: Math.round(now - phase.since),
      });
      return;
    case 'lost':
      logger.warn(
        'the process that workers are forked from is gone: until there is another one, they are spawned',
        { ...fields, how: phase.why, retryMs: Math.round(phase.retryAt - now) },
      );
      return;
    case 'refused':
      logger.warn(SPAWNED, { ...fields, reason: phase.why });
      return;
    case 'off':
      if (phase.isByCrashes) logger.error(CRASHED, { ...fields, reason: phase.why });
      else logger.warn(SPAWNED, { ...fields, reason: phase.why });
  }
}
