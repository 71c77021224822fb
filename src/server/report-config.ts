import type { ConfigChange, ReloadPlan } from '../config/reload';
import type { Logger } from '../record/logger';

// Without a limit, a table in which tens of thousands of keys came or went would flood the log.
const MOST_REPORTED = 100;

/** Logs what a reload changed, what it could not change, and its warnings. */
export function reportConfigChanges(logger: Logger, plan: ReloadPlan): void {
  for (const warning of plan.config.warnings) logger.warn(warning);
  report(plan.changed, ({ key, ...values }) => logger.info(`config changed: ${key}`, values));
  const left = plan.changed.length - MOST_REPORTED;
  if (left > 0) logger.info('config changed: more keys', { keys: left });
  report(plan.needsRestart, ({ key, ...values }) =>
    logger.warn(`config change needs a restart of the server: ${key}`, values),
  );
}

function report(changes: readonly ConfigChange[], one: (change: ConfigChange) => void): void {
  changes.slice(0, MOST_REPORTED).forEach(one);
}
