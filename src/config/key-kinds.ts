import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { parseDuration } from '../common/duration';

/** What a key holds: decides its unit, its name in EngineConfig and how a string from the environment is read. */
export type KeyKind = 'duration' | 'integer' | 'number' | 'boolean' | 'string' | 'enum' | 'list';

/** All that is known of one engine key, but for its name and its owner. */
export interface KeyBody<Kind extends KeyKind, Value, Input> {
  readonly kind: Kind;
  readonly schema: z.ZodType<Value, Input>;
  /** Ends the sentence "K must be …". */
  readonly allowed: string;
  readonly unit: string | undefined;
  /** In the user's unit; undefined: none. */
  readonly default: Input | undefined;
  readonly reloadable: boolean;
  readonly doc: string;
  /** The name in Ruby's ServerEngine, where the key comes from there. */
  readonly source: string | undefined;
}

interface Facts<Input> {
  readonly default: Input;
  readonly doc: string;
  readonly reloadable?: true;
  readonly source?: string;
}

const TRUE_WORDS = ['true', '1', 'yes', 'on'];
const FALSE_WORDS = ['false', '0', 'no', 'off'];
const NEVER_MS = -1000;

type DurationRange = 'positive' | 'zero or more' | 'zero or more, or never';

const DURATION_ALLOWED: Readonly<Record<DurationRange, string>> = {
  positive: "seconds > 0 or a time like '15s'",
  'zero or more': "seconds >= 0 or a time like '15s'",
  'zero or more, or never': "seconds >= 0, a time like '15s', or -1 for never",
};

/** Seconds or a string with a unit; milliseconds in EngineConfig, where -1 (never) stays -1. */
export function duration(
  range: DurationRange,
  facts: Facts<number | string>,
): KeyBody<'duration', number, number | string> {
  const allowed = DURATION_ALLOWED[range];
  const schema = z.union([z.number(), z.string()]).transform((value, context) => {
    const ms = toMs(value, range);
    if (ms !== undefined) return ms;
    context.addIssue(`must be ${allowed}`);
    return z.NEVER;
  });
  return { kind: 'duration', schema, allowed, unit: 'seconds', ...common(facts) };
}

function toMs(value: number | string, range: DurationRange): number | undefined {
  const exact = parseDuration(value);
  if (exact === undefined || !Number.isFinite(exact)) return undefined;
  // 0.07 s is 70.00000000000001 ms in binary fractions: nobody wants to read that back.
  const ms = Math.round(exact * 1000) / 1000;
  switch (range) {
    case 'positive':
      return ms > 0 ? ms : undefined;
    case 'zero or more':
      return ms >= 0 ? ms : undefined;
    case 'zero or more, or never':
      return ms === NEVER_MS ? -1 : ms >= 0 ? ms : undefined;
  }
}

/** An integer from `min` to `max`. */
export function integer(
  range: { readonly min: number; readonly max?: number },
  facts: Facts<number>,
): KeyBody<'integer', number, number> {
  const { min, max } = range;
  const schema = max === undefined ? z.int().min(min) : z.int().min(min).max(max);
  const allowed = max === undefined ? `an integer >= ${min}` : `an integer from ${min} to ${max}`;
  return { kind: 'integer', schema, allowed, unit: undefined, ...common(facts) };
}

/** A number of processes; 'auto' is one for each processor that this process may use. */
export function processCount(facts: Facts<number | 'auto'>): KeyBody<'integer', number, number | 'auto'> {
  const schema = z
    .union([z.int().min(1), z.literal('auto')])
    .transform((value) => (value === 'auto' ? availableParallelism() : value));
  return { kind: 'integer', schema, allowed: "an integer >= 1 or 'auto'", unit: undefined, ...common(facts) };
}

/** A plain number from 0 to 1. */
export function ratio(facts: Facts<number>): KeyBody<'number', number, number> {
  const schema = z.number().min(0).max(1);
  return { kind: 'number', schema, allowed: 'a number from 0 to 1', unit: 'ratio', ...common(facts) };
}

/** true or false, or the words that YAML 1.1 and shells use for them. */
export function boolean(facts: Facts<boolean>): KeyBody<'boolean', boolean, boolean | string> {
  const words = z.stringbool({ truthy: TRUE_WORDS, falsy: FALSE_WORDS });
  const schema = z.union([z.boolean(), words]);
  return { kind: 'boolean', schema, allowed: 'true or false', unit: undefined, ...common(facts) };
}

/** A path. Without a value (also null, which a YAML key with nothing behind it gives) there is none. */
export function path(
  allowed: string,
  facts: Omit<Facts<string | null>, 'default'>,
): KeyBody<'string', string | undefined, string | null> {
  const schema = z
    .string()
    .min(1)
    .nullable()
    .transform((value) => value ?? undefined);
  return { kind: 'string', schema, allowed, unit: undefined, ...common({ default: undefined, ...facts }) };
}

/** One of a few words. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  facts: Facts<NoInfer<Word>>,
): KeyBody<'enum', Word, Word> {
  const schema = z.enum(words);
  const allowed = `one of ${words.map((word) => `'${word}'`).join(', ')}`;
  return { kind: 'enum', schema, allowed, unit: undefined, ...common<Word>(facts) };
}

/** A list of exit codes. */
export function exitCodes(
  facts: Facts<readonly number[]>,
): KeyBody<'list', readonly number[], readonly number[]> {
  const schema = z.array(z.int().min(0).max(255)).readonly();
  const allowed = 'a list of exit codes (integers from 0 to 255)';
  return { kind: 'list', schema, allowed, unit: 'exit codes', ...common(facts) };
}

function common<Input>(facts: Omit<Facts<Input>, 'default'> & { readonly default: Input | undefined }) {
  return {
    default: facts.default,
    reloadable: facts.reloadable ?? false,
    doc: facts.doc,
    source: facts.source,
  };
}
