/** A message comes from another process, so any part of it may be anything. An unknown type is not a message. */
export type MessageFields = Readonly<Record<string, unknown>>;

/** One check per type of message, for its other fields. */
export type MessageChecks<M extends { readonly type: string }> = Readonly<
  Record<M['type'], (fields: MessageFields) => boolean>
>;

export function isMessageOf<M extends { readonly type: string }>(
  checks: MessageChecks<M>,
  raw: unknown,
): raw is M {
  if (!isFields(raw)) return false;
  const { type } = raw;
  return isText(type) && isTypeOf(checks, type) && checks[type](raw);
}

function isTypeOf<T extends string>(checks: Readonly<Record<T, unknown>>, type: string): type is T {
  return Object.hasOwn(checks, type);
}

export function isFields(value: unknown): value is MessageFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** For a type without other fields. */
export const hasNothingMore = (): boolean => true;

const OUTCOMES: readonly unknown[] = ['given', 'nothing', 'refused'];

/** A GivenUpMessage, which workers and servers send. */
export const isGivenUp = ({ id, outcome }: MessageFields): boolean =>
  isCount(id) && OUTCOMES.includes(outcome);
