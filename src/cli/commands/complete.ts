import type { EngineStatus } from '../../contract/status';
import type { EngineOptions } from '../find-engine';
import type { Screen } from '../screen';
import { withEngine } from '../with-engine';

/** What a shell asks for while the user types. */
export type Asked = 'groups' | 'workers';

// Nobody waits longer for the Tab key.
const LIMIT_MS = 2000;

/** Prints the names that can be typed, one per line. Prints nothing if no engine answers: a shell cannot use a reason. */
export async function complete(asked: Asked, options: EngineOptions, screen: Screen): Promise<void> {
  let status: EngineStatus;
  try {
    const limited = { ...options, timeoutMs: LIMIT_MS };
    status = await withEngine(limited, (engine) => engine.ask({ request: 'status' }, LIMIT_MS));
  } catch {
    return;
  }
  const names = namesOf(asked, status);
  if (names.length > 0) screen.write(`${names.join('\n')}\n`);
}

/** As the commands take them: with the group of the worker if there are several groups. */
export function namesOf(asked: Asked, { groups, workers }: Pick<EngineStatus, 'groups' | 'workers'>) {
  const names =
    asked === 'groups'
      ? groups.map(({ name }) => name)
      : workers.map(({ group, workerId }) => (groups.length > 1 ? `${group}/${workerId}` : String(workerId)));
  return [...new Set(names)];
}
