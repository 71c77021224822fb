import type { KeyName } from './keys';
import { show } from './show';

/** A key's value in the user's unit, and where it comes from. */
export interface Resolved {
  readonly value: unknown;
  readonly place: string;
}

export const DEFAULT_PLACE = 'built-in default';

interface Order {
  readonly lesser: KeyName;
  readonly greater: KeyName;
  readonly mayBeEqual: boolean;
}

const ORDERS: readonly Order[] = [
  { lesser: 'restartBackoffMin', greater: 'restartBackoffMax', mayBeEqual: true },
  { lesser: 'workerHeartbeatInterval', greater: 'workerHeartbeatTimeout', mayBeEqual: false },
];

/** What is wrong between keys that are each right by themselves. */
export function crossCheck(resolved: ReadonlyMap<KeyName, Resolved>): string[] {
  return ORDERS.flatMap(({ lesser, greater, mayBeEqual }) => {
    const low = resolved.get(lesser);
    const high = resolved.get(greater);
    // A key that failed by itself is missing here and was reported already.
    if (low === undefined || high === undefined) return [];
    const inOrder =
      Number(low.value) < Number(high.value) || (mayBeEqual && Number(low.value) === Number(high.value));
    if (inOrder) return [];
    const place = high.place === DEFAULT_PLACE ? low.place : high.place;
    const relation = mayBeEqual ? 'not be less than' : 'be greater than';
    const given = [high, low].map(({ value, place: from }) => `${show(value)} (${from})`).join(' and ');
    return [`${place}: ${greater} must ${relation} ${lesser}, got ${given}.`];
  });
}
