import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { parseDuration } from '../common/duration';
import { parseSignal } from '../common/signals';

/** What a key holds: decides its unit, its name in EngineConfig and how a string from the environment is read. */
export type KeyKind =
  'duration' | 'integer' | 'number' | 'boolean' | 'string' | 'enum' | 'list' | 'signal' | 'mask';

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

type OptionalFacts<Input> = Omit<Facts<Input>, 'default'>;

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

/** A length of time above zero, or none. */
export function optionalDuration(
  facts: OptionalFacts<number | string | null>,
): KeyBody<'duration', number | undefined, number | string | null> {
  const { schema, allowed, unit } = duration('positive', { ...facts, default: 1 });
  return { kind: 'duration', schema: orNone(schema), allowed, unit, ...optional(facts) };
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

/** true or false, or nothing: the doc says what that means. */
export function optionalBoolean(
  facts: OptionalFacts<boolean | string | null>,
): KeyBody<'boolean', boolean | undefined, boolean | string | null> {
  const words = z.stringbool({ truthy: TRUE_WORDS, falsy: FALSE_WORDS });
  const schema = orNone(z.union([z.boolean(), words]));
  return { kind: 'boolean', schema, allowed: 'true or false', unit: undefined, ...optional(facts) };
}

/** A path, a name. Without a value (also null, which a YAML key with nothing behind it gives) there is none. */
export function text(
  allowed: string,
  facts: OptionalFacts<string | null>,
): KeyBody<'string', string | undefined, string | null> {
  const schema = orNone(z.string().min(1));
  return { kind: 'string', schema, allowed, unit: undefined, ...optional(facts) };
}

/** A user or a group; digits are its number. Whether there is such a one is seen when the identity is resolved. */
export function account(
  facts: OptionalFacts<string | number | null>,
): KeyBody<'string', string | undefined, string | number | null> {
  // The greatest number, -1, means "unchanged" to the system calls.
  const number = z
    .int()
    .min(0)
    .max(2 ** 32 - 2);
  const schema = orNone(z.union([z.string().trim().min(1), number.transform(String)]));
  return { kind: 'string', schema, allowed: 'a name or a number', unit: undefined, ...optional(facts) };
}

/** A file mode mask. Strings are octal, as chmod takes them; numbers are what they are. */
export function mask(
  facts: OptionalFacts<string | number | null>,
): KeyBody<'mask', number | undefined, string | number | null> {
  const octal = z
    .string()
    .regex(/^(0o)?[0-7]+$/)
    .transform((value) => Number.parseInt(value.replace('0o', ''), 8));
  const schema = orNone(z.union([z.number(), octal]).pipe(z.int().min(0).max(0o777)));
  const allowed = "an octal string such as '027', or a number from 0 to 0o777 (511)";
  return { kind: 'mask', schema, allowed, unit: 'octal', ...optional(facts) };
}

// Those that cannot be caught, and those that the system sends of itself: no command must happen by accident.
const UNUSABLE_SIGNALS: readonly string[] = [
  'KILL',
  'STOP',
  'CHLD',
  'PIPE',
  'ABRT',
  'BUS',
  'FPE',
  'ILL',
  'SEGV',
  'TRAP',
];
const SIGNAL_ALLOWED =
  "the name of a signal such as 'USR2' or 'SIGUSR2' (not KILL or STOP, nor one that the system sends by itself)";

const signalSchema = z.string().transform((value, context) => {
  const name = parseSignal(value);
  if (name !== undefined && !UNUSABLE_SIGNALS.some((unusable) => parseSignal(unusable) === name)) return name;
  context.addIssue(`must be ${SIGNAL_ALLOWED}`);
  return z.NEVER;
});

/** A signal by name, with or without SIG; 'SIGUSR2' in EngineConfig. */
export function signalOrDefault(facts: Facts<string>): KeyBody<'signal', NodeJS.Signals, string> {
  return { kind: 'signal', schema: signalSchema, allowed: SIGNAL_ALLOWED, unit: undefined, ...common(facts) };
}

/** The same; without a value (also null) there is none. */
export function signalName(
  facts: OptionalFacts<string | null>,
): KeyBody<'signal', NodeJS.Signals | undefined, string | null> {
  const schema = orNone(signalSchema);
  return { kind: 'signal', schema, allowed: SIGNAL_ALLOWED, unit: undefined, ...optional(facts) };
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

function optional<Input>(facts: OptionalFacts<Input>) {
  return common<Input>({ default: undefined, ...facts });
}

function orNone<Output, Input>(schema: z.ZodType<Output, Input>) {
  return schema.nullable().transform((value) => value ?? undefined);
}

function common<Input>(facts: Omit<Facts<Input>, 'default'> & { readonly default: Input | undefined }) {
  return {
    default: facts.default,
    reloadable: facts.reloadable ?? false,
    doc: facts.doc,
    source: facts.source,
  };
}
