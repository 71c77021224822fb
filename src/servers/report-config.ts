import type { ReloadPlan } from '../config/reload';
import type { Logger } from '../logging/logger';

/** What a reload changed, what it did not, and what looks odd. */
export function reportConfigChanges(logger: Logger, plan: ReloadPlan): void {
  for (const warning of plan.config.warnings) logger.warn(warning);
  for (const { key, from, to } of plan.changed) logger.info(`config changed: ${key}`, { from, to });
  for (const { key, from, to } of plan.needsRestart) {
    logger.warn(`config change needs a restart of the server: ${key}`, { from, to });
  }
}
