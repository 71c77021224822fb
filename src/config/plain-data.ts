/** Whether a value is an object literal (of any realm), not an array or an instance of a class. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * A deeply frozen copy of plain objects and arrays; anything else in it is kept as it is. A copy, because the original
 * belongs to the caller and must not become frozen.
 */
export function frozenCopy<T>(value: T): T {
  return copy(value, new Map()) as T;
}

function copy(value: unknown, seen: Map<unknown, unknown>): unknown {
  if (!Array.isArray(value) && !isPlainObject(value)) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  const target: object = Array.isArray(value) ? [] : {};
  seen.set(value, target);
  for (const [key, item] of Object.entries(value)) {
    // Not by assignment: a key `__proto__` from JSON would set the prototype.
    Object.defineProperty(target, key, { value: copy(item, seen), enumerable: true });
  }
  return Object.freeze(target);
}
