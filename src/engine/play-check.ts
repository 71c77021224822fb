import { messageOf } from '../common/errors';
import { resolveIdentity } from '../common/resolve-identity';
import type { LoadedConfig } from '../config/load';
import type { CheckReport } from '../protocol/protocol';
import { readConfig, type EngineDefinition } from './engine-definition';

/** Reads the configuration as a start would, prints the outcome, and starts nothing. Resolves with the exit status. */
export async function playCheck(spec: EngineDefinition): Promise<number> {
  const report = await checked(spec);
  await new Promise<void>((resolve) => {
    if (process.send) process.send(report, () => resolve());
    else resolve();
  });
  return report.problems.length === 0 ? 0 : 1;
}

async function checked(spec: EngineDefinition): Promise<CheckReport> {
  try {
    const loaded = await readConfig(spec);
    const { chuser: user, chgroup: group } = loaded.engine;
    resolveIdentity({ user, group, userKey: 'chuser', groupKey: 'chgroup' });
    return reportOf([], loaded);
  } catch (error) {
    return reportOf(messageOf(error).split('\n'));
  }
}

function reportOf(problems: readonly string[], loaded?: LoadedConfig): CheckReport {
  const groups = loaded?.groups.map(({ name, engine }) => {
    const { workers, workerType } = engine;
    return `${name}: ${workers} ${workerType} ${workers === 1 ? 'worker' : 'workers'}`;
  });
  return { type: 'serverengine_config', problems, warnings: loaded?.warnings ?? [], groups: groups ?? [] };
}
