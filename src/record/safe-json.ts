import { inspect } from 'node:util';
import { isError } from '../common/errors';
import { errorData } from './error-text';

/** JSON of anything: BigInt as text, an Error as data, a cycle as "[Circular]"; undefined if JSON has no value for it. */
export function safeJson(value: unknown): string | undefined {
  // Most fields: the replacer would make them several times as expensive.
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return JSON.stringify(value);
  try {
    return JSON.stringify(value, plain);
  } catch {
    // A cycle, a throwing getter or toJSON: the slow way finds out which.
  }
  try {
    return JSON.stringify(value, cycleBreaker());
  } catch (error) {
    return JSON.stringify(`[unreadable: ${isError(error) ? error.message : 'it threw'}]`);
  }
}

/** One line of util.inspect; never throws. */
export function safeInspect(value: unknown): string {
  try {
    return inspect(value, { breakLength: Infinity, depth: 4 });
  } catch {
    return '[unreadable]';
  }
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return isError(value) ? errorData(value) : value;
}

/** A replacer that knows the enclosing objects: the same object twice side by side is not a cycle. */
function cycleBreaker(): (this: unknown, key: string, value: unknown) => unknown {
  const ancestors: unknown[] = [];
  return function (key, given) {
    const value = plain(key, given);
    if (typeof value !== 'object' || value === null) return value;
    while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop();
    if (ancestors.includes(value)) return '[Circular]';
    ancestors.push(value);
    return value;
  };
}
