import { inspect } from 'node:util';

/** What sort of value it is, without what is in it: for values that may hold secrets. */
export function showKind(value: unknown): string {
  // Not as the value itself would be shown: a Buffer shows its bytes.
  return inspect(value, { depth: -1, maxStringLength: 100, customInspect: false });
}

/** A value for an error message: one line, not too long. */
export function show(value: unknown): string {
  return inspect(value, { depth: 2, breakLength: Infinity, maxArrayLength: 10, maxStringLength: 100 });
}
