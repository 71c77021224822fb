import { isPlainObject } from './plain-data';
import { isSecretName, looksLikeKey, MASK, maskText } from './secret-text';
import { showKind } from './show';
import type { Visibility } from './visibility';

type Values = Readonly<Record<string, unknown>>;

/** The engine's own keys, whose values were checked: shown, except for secrets inside a text. */
export function maskEngine(engine: Values): Values {
  return maskObject(engine, true, new Set());
}

/** The user's keys as logs and dumps may have them: strings only if the schema made them public. */
export function maskUser(user: Values, visible: Visibility): Values {
  return maskObject(user, visible, new Set([user]));
}

/** One of the user's keys. */
export function maskUserKey(name: string, value: unknown, visible: Visibility): unknown {
  return maskMember(name, value, visible, new Set());
}

/** A value that a schema refused: shown, because the user must correct it, unless anything suggests a secret. */
export function maskRefused(name: string, value: unknown): unknown {
  if (typeof value === 'string') return isSecretName(name) || looksLikeKey(value) ? MASK : maskText(value);
  return maskMember(name, value, false, new Set());
}

function maskMember(
  name: string,
  value: unknown,
  visible: Visibility,
  parents: ReadonlySet<unknown>,
): unknown {
  if (isEmpty(value)) return value;
  const own = memberOf(visible, name);
  if (own === undefined) return isSecretName(name) ? MASK : mask(value, restOf(visible), parents);
  return own === false && isSecretName(name) ? MASK : mask(value, own, parents);
}

function mask(value: unknown, visible: Visibility, parents: ReadonlySet<unknown>): unknown {
  if (typeof value === 'string') return maskString(value, visible);
  if (parents.has(value)) return '[Circular]';
  const within = new Set(parents).add(value);
  if (Array.isArray(value)) return value.map((item) => mask(item, restOf(visible), within));
  if (isPlainObject(value)) return maskObject(value, visible, within);
  return isOpaque(value) ? showKind(value) : value;
}

function maskObject(value: Values, visible: Visibility, within: ReadonlySet<unknown>): Values {
  const entries = Object.entries(value).map(([name, item], index) => {
    // In a table of clients by their API keys, the names are the secret.
    const isKey = visible !== true && memberOf(visible, name) === undefined && looksLikeKey(name);
    return [isKey ? `${MASK}${String(index)}` : name, maskMember(name, item, visible, within)] as const;
  });
  return Object.fromEntries(entries);
}

function maskString(text: string, visible: Visibility): string {
  if (text === '') return text;
  if (typeof visible === 'boolean') return visible ? maskText(text) : MASK;
  return 'words' in visible && visible.words.includes(text) ? text : MASK;
}

function memberOf(visible: Visibility, name: string): Visibility | undefined {
  return typeof visible === 'object' && 'fields' in visible && Object.hasOwn(visible.fields, name)
    ? visible.fields[name]
    : undefined;
}

function restOf(visible: Visibility): Visibility {
  return typeof visible === 'object' && 'fields' in visible ? visible.rest : visible;
}

/** A flag, or no value: nothing that could be secret. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'boolean';
}

/** Instances and functions: their printed form may contain anything. */
function isOpaque(value: unknown): boolean {
  return (
    (typeof value === 'object' && value !== null && !(value instanceof Date)) || typeof value === 'function'
  );
}
