import { parseSize } from '../common/size';
import { common, optional, type Facts, type KeyBody, type KeyForm, type OptionalFacts } from './key-body';
import {
  durationReader,
  instanceReader,
  integerReader,
  orNone,
  readBoolean,
  readRatio,
  readSize,
  readText,
  readTextOrFalse,
  sizeFromReader,
  wordReader,
  type DurationRange,
  type IntegerRange,
} from './key-readers';

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
  const form: KeyForm = { type: 'duration', range };
  const allowed = DURATION_ALLOWED[range];
  return { kind: 'duration', form, read: durationReader(range), allowed, unit: 'seconds', ...common(facts) };
}

/** A time above zero, or none. */
export function optionalDuration(
  facts: OptionalFacts<number | string | null>,
): KeyBody<'duration', number | undefined, number | string | null> {
  const form: KeyForm = { type: 'optional duration' };
  const read = orNone(durationReader('positive'));
  const allowed = DURATION_ALLOWED.positive;
  return { kind: 'duration', form, read, allowed, unit: 'seconds', ...optional(facts) };
}

/** An integer from `min` to `max`. */
export function integer(range: IntegerRange, facts: Facts<number>): KeyBody<'integer', number, number> {
  const form: KeyForm = { type: 'integer', range, isOptional: false };
  const read = integerReader(range);
  return { kind: 'integer', form, read, allowed: integerAllowed(range), unit: undefined, ...common(facts) };
}

/** The same, or none. */
export function optionalInteger(
  range: IntegerRange,
  facts: OptionalFacts<number | null>,
): KeyBody<'integer', number | undefined, number | null> {
  const form: KeyForm = { type: 'integer', range, isOptional: true };
  const read = orNone(integerReader(range));
  return { kind: 'integer', form, read, allowed: integerAllowed(range), unit: undefined, ...optional(facts) };
}

function integerAllowed({ min, max }: IntegerRange): string {
  return max === undefined ? `an integer >= ${min}` : `an integer from ${min} to ${max}`;
}

/** A plain number from 0 to 1. */
export function ratio(facts: Facts<number>): KeyBody<'number', number, number> {
  const allowed = 'a number from 0 to 1';
  return {
    kind: 'number',
    form: { type: 'ratio' },
    read: readRatio,
    allowed,
    unit: 'ratio',
    ...common(facts),
  };
}

/** true or false, or the words that YAML 1.1 and shells use for them. */
export function boolean(facts: Facts<boolean>): KeyBody<'boolean', boolean, boolean | string> {
  const form: KeyForm = { type: 'boolean', isOptional: false };
  return {
    kind: 'boolean',
    form,
    read: readBoolean,
    allowed: 'true or false',
    unit: undefined,
    ...common<boolean | string>(facts),
  };
}

/** true or false, or no value: the doc says what that means. */
export function optionalBoolean(
  facts: OptionalFacts<boolean | string | null>,
): KeyBody<'boolean', boolean | undefined, boolean | string | null> {
  const form: KeyForm = { type: 'boolean', isOptional: true };
  const read = orNone(readBoolean);
  return { kind: 'boolean', form, read, allowed: 'true or false', unit: undefined, ...optional(facts) };
}

/** A path, a name. No value (or null, as for a YAML key without a value) means none. */
export function text(
  allowed: string,
  facts: OptionalFacts<string | null>,
): KeyBody<'string', string | undefined, string | null> {
  const form: KeyForm = { type: 'text', isOptional: true };
  return { kind: 'string', form, read: orNone(readText), allowed, unit: undefined, ...optional(facts) };
}

/** The same for a text with a default: false switches it off. */
export function textOrFalse(
  allowed: string,
  facts: OptionalFacts<string | false | null>,
): KeyBody<'string', string | false | undefined, string | false | null> {
  const form: KeyForm = { type: 'text or false', isOptional: true };
  return {
    kind: 'string',
    form,
    read: orNone(readTextOrFalse),
    allowed,
    unit: undefined,
    ...optional(facts),
  };
}

/** One of several words. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  facts: Facts<NoInfer<Word>>,
): KeyBody<'enum', Word, Word> {
  const form: KeyForm = { type: 'words', words };
  const allowed = `one of ${words.map((word) => `'${word}'`).join(', ')}`;
  return { kind: 'enum', form, read: wordReader(words), allowed, unit: undefined, ...common<Word>(facts) };
}

/** Bytes or a string with a unit; bytes in EngineConfig. */
export function size(facts: Facts<number | string>): KeyBody<'size', number, number | string> {
  const allowed = "bytes >= 0 or a size like '10MB'";
  return { kind: 'size', form: { type: 'size' }, read: readSize, allowed, unit: 'bytes', ...common(facts) };
}

/** A size of at least this many bytes, or none; bytes in EngineConfig. */
export function optionalSize(
  { least }: { readonly least: string },
  facts: OptionalFacts<number | string | null>,
): KeyBody<'size', number | undefined, number | string | null> {
  const leastBytes = parseSize(least) ?? 0;
  const form: KeyForm = { type: 'optional size', least: leastBytes };
  const allowed = `a size like '512MB' or bytes, at least ${least}`;
  const read = orNone(sizeFromReader(leastBytes));
  return { kind: 'size', form, read, allowed, unit: 'bytes', ...optional(facts) };
}

/** An object of the program: it cannot come from a file or the environment, nor be sent to another process. */
export function instance<Value>(
  is: (value: unknown) => value is Value,
  {
    allowed,
    typeText,
    ...facts
  }: OptionalFacts<Value | null> & { readonly allowed: string; readonly typeText: string },
): KeyBody<'instance', Value | undefined, Value | null> {
  const form: KeyForm = { type: 'instance', is, typeText, isOptional: true };
  return {
    kind: 'instance',
    form,
    read: orNone(instanceReader(is)),
    allowed,
    unit: undefined,
    ...optional(facts),
  };
}
