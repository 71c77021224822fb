import { inspect } from 'node:util';

/** The kind of a value without its content: for values that may contain secrets. */
export function showKind(value: unknown): string {
  // Not the usual output of the value: a Buffer would show its bytes.
  return inspect(value, { depth: -1, maxStringLength: 100, customInspect: false });
}

/** A value for an error message: one line, not too long. */
export function show(value: unknown): string {
  return inspect(value, { depth: 2, breakLength: Infinity, maxArrayLength: 10, maxStringLength: 100 });
}
