import type { Command } from '../commands/command';
import { isCount, isFields } from '../protocol/check-message';

/** What the page may be told to do. */
export type Action = { readonly kind: 'check' } | { readonly kind: 'command'; readonly command: Command };

// More are not asked for by hand: a zero too many must not fill the machine.
const MOST_WORKERS = 10_000;

/** Of a request to /actions/NAME. @returns what is wrong with it, as a sentence, when it is none. */
export function parseAction(name: string, body: string): Action | string {
  let given: unknown;
  try {
    given = body === '' ? {} : JSON.parse(body);
  } catch {
    return 'the body must be JSON';
  }
  if (!isFields(given)) return 'the body must be a JSON object';
  const { group, workers, worker, graceful = true } = given;
  if (group !== undefined && typeof group !== 'string') return 'group must be the name of a group';
  switch (name) {
    case 'check':
      return { kind: 'check' };
    case 'restart':
      if (typeof graceful !== 'boolean') return 'graceful must be true or false';
      return command({ kind: 'restart', graceful, group });
    case 'scale':
      if (!isCount(workers) || workers > MOST_WORKERS)
        return `workers must be an integer from 0 to ${MOST_WORKERS}`;
      return command({ kind: 'scale', to: workers, group });
    case 'dump':
      if (worker !== undefined && !isCount(worker)) return 'worker must be the id of a worker';
      return command(worker === undefined ? { kind: 'dump' } : { kind: 'dump', worker });
    default:
      return `there is no action ${name}: check, restart, scale, dump`;
  }
}

function command(one: Command): Action {
  return { kind: 'command', command: one };
}
