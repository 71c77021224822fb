import { isPlainObject } from './plain-data';
import { showKind } from './show';

/** The key `autoscale`: how many workers there may be, and how busy they should be. */
export interface Autoscale {
  /** At least this many workers. */
  readonly min: number;
  /** At most this many workers. */
  readonly max: number;
  /** There are too few workers if their event loops are busy for more than this share of the time. */
  readonly target: number;
}

/** As TypeScript code, for the option types that are generated from the table of keys. */
export const AUTOSCALE_TYPE = '{ readonly min: number; readonly max: number; readonly target: number }';

const MEMBERS: readonly string[] = ['min', 'max', 'target'];

/**
 * What is wrong with such a value. Each entry continues a sentence that begins with the name of the key. Empty:
 * nothing.
 */
export function autoscaleFaults(given: unknown): readonly string[] {
  if (!isPlainObject(given)) return [` must be an object { min, max, target }, got ${showKind(given)}`];
  const { min, max, target } = given;
  const faults = Object.keys(given)
    .filter((name) => !MEMBERS.includes(name))
    .map((name) => `.${name} is not known. Allowed: ${MEMBERS.join(', ')}`);
  const isMin = isCount(min);
  if (!isMin) faults.push(`.min must be an integer >= 1, got ${showKind(min)}`);
  if (!isCount(max)) faults.push(`.max must be an integer >= 1, got ${showKind(max)}`);
  else if (isMin && max < min) faults.push(`.max must not be less than min, got ${max} and min ${min}`);
  if (typeof target !== 'number' || !(target > 0 && target < 1))
    faults.push(`.target must be a number above 0 and below 1, such as 0.7, got ${showKind(target)}`);
  return faults;
}

export function isAutoscale(given: unknown): given is Autoscale {
  return autoscaleFaults(given).length === 0;
}

function isCount(given: unknown): given is number {
  return Number.isSafeInteger(given) && Number(given) >= 1;
}
