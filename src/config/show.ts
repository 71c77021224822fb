import { inspect } from 'node:util';
import { isPlainObject } from './plain-data';

const SECRET_NAME = /passw|pwd|passphrase|secret|token|credential|authorization|cookie|key$/i;
// To the last @ before the path: a password may hold one.
const URL_PASSWORD = /(\/\/[^\s/:@]*):[^\s/]+@/g;
// In the query of a URL, in a connection string. Every repetition has an end: values may be megabytes.
const SECRET_PARAMETER =
  /((?:passw|pwd|passphrase|secret|token|credential|key)[\w-]{0,40}\s{0,3}=\s{0,3})(?:'[^']{0,200}'|"[^"]{0,200}"|[^\s;&#]+)/gi;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const MASK = '***';

/** Whether a key's name says that its value must not be shown. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** The value as it may be shown: secrets inside it, and passwords in URLs, are masked. */
export function maskSecrets(name: string, value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (isSecretName(name)) return MASK;
  return maskInside(value, new Set());
}

function maskInside(value: unknown, parents: ReadonlySet<unknown>): unknown {
  if (typeof value === 'string') return maskText(value);
  if (parents.has(value)) return '[Circular]';
  const within = new Set(parents).add(value);
  if (Array.isArray(value)) return value.map((item) => maskInside(item, within));
  if (!isPlainObject(value)) return isOpaque(value) ? showKind(value) : value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      isSecretName(key) && item !== undefined && item !== null ? MASK : maskInside(item, within),
    ]),
  );
}

function maskText(text: string): string {
  if (PRIVATE_KEY.test(text)) return MASK;
  return text.replace(URL_PASSWORD, `$1:${MASK}@`).replace(SECRET_PARAMETER, `$1${MASK}`);
}

/** Instances and functions: what they print of themselves may hold anything. */
function isOpaque(value: unknown): boolean {
  return (
    (typeof value === 'object' && value !== null && !(value instanceof Date)) || typeof value === 'function'
  );
}

/** What sort of value it is, without what is in it: for values that may hold secrets. */
export function showKind(value: unknown): string {
  // Not as the value itself would be shown: a Buffer shows its bytes.
  return inspect(value, { depth: -1, maxStringLength: 100, customInspect: false });
}

/** A value for an error message: one line, not too long. */
export function show(value: unknown): string {
  return inspect(value, { depth: 2, breakLength: Infinity, maxArrayLength: 10, maxStringLength: 100 });
}
