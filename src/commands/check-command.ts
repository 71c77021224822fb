import { ConfigError } from '../common/errors';

/** @throws ConfigError unless it is an integer >= 0. */
export function requireWorkers(workers: number): void {
  if (Number.isInteger(workers) && workers >= 0) return;
  throw new ConfigError(
    'ERR_CONFIG_INVALID',
    `scale(): workers must be an integer >= 0, got ${String(workers)}.`,
  );
}

/** @throws ConfigError when a group is named that does not exist. */
export function requireGroup(method: string, group: string | undefined, groups: readonly string[]): void {
  if (group === undefined || groups.includes(group)) return;
  throw new ConfigError(
    'ERR_CONFIG_INVALID',
    `${method}(): there is no group ${JSON.stringify(group)}. The groups are: ${groups.join(', ')}.`,
  );
}
