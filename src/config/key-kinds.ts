import { autoscaleFaults, isAutoscale, type Autoscale } from './autoscale-value';
import { parseSize } from '../common/size';
import { showKind } from './show';
import {
  countReader,
  durationReader,
  instanceReader,
  integerReader,
  orNone,
  readAccount,
  readBoolean,
  readExitCodes,
  readListenAddress,
  readMask,
  readMemoryLimit,
  readRatio,
  readSignal,
  readSize,
  readText,
  readTextOrFalse,
  secretReader,
  sizeFromReader,
  wordReader,
  type AutomaticCount,
  type DurationRange,
  type IntegerRange,
  type Reader,
} from './key-readers';

/** What a key holds: decides its unit, its name in EngineConfig and how a string from the environment is read. */
export type KeyKind =
  | 'duration'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'string'
  | 'enum'
  | 'list'
  | 'signal'
  | 'mask'
  | 'size'
  | 'object'
  | 'instance';

/** What a key takes, as data: for those who describe it instead of reading it. `isOptional`: null, too, is no value. */
export type KeyForm =
  | { readonly type: 'duration'; readonly range: DurationRange }
  | { readonly type: 'integer'; readonly range: IntegerRange; readonly isOptional: boolean }
  | { readonly type: 'words'; readonly words: readonly string[] }
  | { readonly type: 'count'; readonly auto: AutomaticCount }
  | { readonly type: 'optional size' | 'secret'; readonly least: number }
  | {
      readonly type:
        | 'autoscale'
        | 'ratio'
        | 'size'
        | 'optional duration'
        | 'exit codes'
        | 'memory limit'
        | 'listen address';
    }
  | {
      readonly type: 'boolean' | 'text' | 'text or false' | 'account' | 'mask' | 'signal';
      readonly isOptional: boolean;
    }
  | {
      readonly type: 'instance';
      readonly is: (value: unknown) => boolean;
      /** In TypeScript's words, for the option types that are made of the table. */
      readonly typeText: string;
      readonly isOptional: true;
    };

/** All that is known of one engine key, but for its name and its owner. */
export interface KeyBody<Kind extends KeyKind, Value, Input> {
  readonly kind: Kind;
  readonly form: KeyForm;
  readonly read: Reader<Value>;
  /** Ends the sentence "K must be …". */
  readonly allowed: string;
  /** Where a value has parts: what is wrong with each. Goes on a sentence that begins with the name of the key. */
  readonly faults?: (given: unknown) => readonly string[];
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

/** A length of time above zero, or none. */
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

/** A number of processes; 'auto' goes by the processors that this process may use. */
export function processCount(
  auto: AutomaticCount,
  facts: Facts<number | 'auto'>,
): KeyBody<'integer', number, number | 'auto'> {
  const allowed = "an integer >= 1 or 'auto'";
  const form: KeyForm = { type: 'count', auto };
  return { kind: 'integer', form, read: countReader(auto), allowed, unit: undefined, ...common(facts) };
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

/** true or false, or nothing: the doc says what that means. */
export function optionalBoolean(
  facts: OptionalFacts<boolean | string | null>,
): KeyBody<'boolean', boolean | undefined, boolean | string | null> {
  const form: KeyForm = { type: 'boolean', isOptional: true };
  const read = orNone(readBoolean);
  return { kind: 'boolean', form, read, allowed: 'true or false', unit: undefined, ...optional(facts) };
}

/** A path, a name. Without a value (also null, which a YAML key with nothing behind it gives) there is none. */
export function text(
  allowed: string,
  facts: OptionalFacts<string | null>,
): KeyBody<'string', string | undefined, string | null> {
  const form: KeyForm = { type: 'text', isOptional: true };
  return { kind: 'string', form, read: orNone(readText), allowed, unit: undefined, ...optional(facts) };
}

/** The same, where there is one without being asked for: false says that there is to be none. */
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

/** Where a service of the engine listens, or nowhere; as parseListenAddress() takes it, in one spelling in EngineConfig. */
export function listenAddress(
  facts: OptionalFacts<string | number | null>,
): KeyBody<'string', string | undefined, string | number | null> {
  const allowed =
    "'host:port', '[IPv6 address]:port', ':port' or a port for loopback, or the path of a unix socket with a slash in it";
  const form: KeyForm = { type: 'listen address' };
  return {
    kind: 'string',
    form,
    read: orNone(readListenAddress),
    allowed,
    unit: undefined,
    ...optional(facts),
  };
}

/** A text that nobody may guess, or none. What was given is not shown when it is refused. */
export function secret(
  { least }: { readonly least: number },
  facts: OptionalFacts<string | null>,
): KeyBody<'string', string | undefined, string | null> {
  const allowed = `a text of at least ${least} characters`;
  return {
    kind: 'string',
    form: { type: 'secret', least },
    read: orNone(secretReader(least)),
    allowed,
    faults: (given) => [
      ` must be ${allowed}, got ${typeof given === 'string' ? `one of ${given.length}` : showKind(given)}`,
    ],
    unit: undefined,
    ...optional(facts),
  };
}

/** A user or a group; digits are its number. Whether there is such a one is seen when the identity is resolved. */
export function account(
  facts: OptionalFacts<string | number | null>,
): KeyBody<'string', string | undefined, string | number | null> {
  const form: KeyForm = { type: 'account', isOptional: true };
  const allowed = 'a name or a number';
  return { kind: 'string', form, read: orNone(readAccount), allowed, unit: undefined, ...optional(facts) };
}

/** The permissions of a file. Strings are octal, as chmod takes them; numbers are what they are. */
export function fileMode(facts: Facts<string | number>): KeyBody<'mask', number, string | number> {
  const form: KeyForm = { type: 'mask', isOptional: false };
  const allowed = "an octal string such as '640', or a number from 0 to 0o777 (511)";
  return { kind: 'mask', form, read: readMask, allowed, unit: 'octal', ...common(facts) };
}

/** A file mode mask. Strings are octal, as chmod takes them; numbers are what they are. */
export function mask(
  facts: OptionalFacts<string | number | null>,
): KeyBody<'mask', number | undefined, string | number | null> {
  const form: KeyForm = { type: 'mask', isOptional: true };
  const allowed = "an octal string such as '027', or a number from 0 to 0o777 (511)";
  return { kind: 'mask', form, read: orNone(readMask), allowed, unit: 'octal', ...optional(facts) };
}

const SIGNAL_ALLOWED =
  "the name of a signal such as 'USR2' or 'SIGUSR2' (not KILL or STOP, nor one that the system sends by itself)";

/** A signal by name, with or without SIG; 'SIGUSR2' in EngineConfig. */
export function signalOrDefault(facts: Facts<string>): KeyBody<'signal', NodeJS.Signals, string> {
  const form: KeyForm = { type: 'signal', isOptional: false };
  return {
    kind: 'signal',
    form,
    read: readSignal,
    allowed: SIGNAL_ALLOWED,
    unit: undefined,
    ...common(facts),
  };
}

/** The same; without a value (also null) there is none. */
export function signalName(
  facts: OptionalFacts<string | null>,
): KeyBody<'signal', NodeJS.Signals | undefined, string | null> {
  const form: KeyForm = { type: 'signal', isOptional: true };
  const read = orNone(readSignal);
  return { kind: 'signal', form, read, allowed: SIGNAL_ALLOWED, unit: undefined, ...optional(facts) };
}

/** One of a few words. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  facts: Facts<NoInfer<Word>>,
): KeyBody<'enum', Word, Word> {
  const form: KeyForm = { type: 'words', words };
  const allowed = `one of ${words.map((word) => `'${word}'`).join(', ')}`;
  return { kind: 'enum', form, read: wordReader(words), allowed, unit: undefined, ...common<Word>(facts) };
}

/** A list of exit codes. */
export function exitCodes(
  facts: Facts<readonly number[]>,
): KeyBody<'list', readonly number[], readonly number[]> {
  const form: KeyForm = { type: 'exit codes' };
  const allowed = 'a list of exit codes (integers from 0 to 255)';
  return { kind: 'list', form, read: readExitCodes, allowed, unit: 'exit codes', ...common(facts) };
}

/** Bytes or a string with a unit; bytes in EngineConfig. */
export function size(facts: Facts<number | string>): KeyBody<'size', number, number | string> {
  const allowed = "bytes >= 0 or a size like '10MB'";
  return { kind: 'size', form: { type: 'size' }, read: readSize, allowed, unit: 'bytes', ...common(facts) };
}

/** A size of at least so many bytes, or none; bytes in EngineConfig. */
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

/** Bounds for a number of workers that follows their load, or none. */
export function autoscale(
  facts: OptionalFacts<Autoscale | null>,
): KeyBody<'object', Autoscale | undefined, Autoscale | null> {
  return {
    kind: 'object',
    form: { type: 'autoscale' },
    read: orNone(instanceReader(isAutoscale)),
    allowed: 'an object { min, max, target } with integers 1 <= min <= max, and 0 < target < 1',
    faults: autoscaleFaults,
    unit: undefined,
    ...optional(facts),
  };
}

/** Memory that a worker may use, in bytes, with a unit, or as a share of what the container has; bytes in EngineConfig. */
export function memoryLimit(
  facts: OptionalFacts<number | string | null>,
): KeyBody<'size', number | undefined, number | string | null> {
  const allowed = "bytes > 0, a size like '512MB', or a share of the container's memory like '20%'";
  const read = orNone(readMemoryLimit);
  return {
    kind: 'size',
    form: { type: 'memory limit' },
    read,
    allowed,
    unit: 'bytes',
    ...optional(facts),
  };
}

/** An object of the program itself: it cannot come from a file or the environment, nor go to another process. */
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

function optional<Input>(facts: OptionalFacts<Input>) {
  return common<Input>({ default: undefined, ...facts });
}

function common<Input>(facts: Omit<Facts<Input>, 'default'> & { readonly default: Input | undefined }) {
  return {
    default: facts.default,
    reloadable: facts.reloadable ?? false,
    doc: facts.doc,
    source: facts.source,
  };
}
