import { totalmem } from 'node:os';
import { memoryLimitBytes } from '../common/group-memory';
import { usableProcessors } from '../common/control-group';
import { parseDuration } from '../common/duration';
import { formatListenAddress, parseListenAddress } from '../common/listen-address';
import { parseSignal } from '../common/signals';
import { parseSize } from '../common/size';

/** Takes a value as a user may write it, and returns it as the engine uses it; undefined: it is invalid. */
export type Reader<Value> = (given: unknown) => { readonly value: Value } | undefined;

export type DurationRange = 'positive' | 'zero or more' | 'zero or more, or never';

export interface IntegerRange {
  readonly min: number;
  readonly max?: number;
}

/** The meaning of 'auto'. */
export interface AutomaticCount {
  readonly perProcessor: number;
  readonly least: number;
}

export const TRUE_WORDS: readonly string[] = ['true', '1', 'yes', 'on'];
export const FALSE_WORDS: readonly string[] = ['false', '0', 'no', 'off'];
const NONE_WORDS: readonly string[] = [...FALSE_WORDS, 'none'];
// The greatest number, -1, means "unchanged" to the system calls.
export const ACCOUNT_RANGE = { min: 0, max: 2 ** 32 - 2 } as const;
export const MASK_RANGE = { min: 0, max: 0o777 } as const;
export const EXIT_CODE_RANGE = { min: 0, max: 255 } as const;
export const OCTAL = /^(0o)?[0-7]+$/;
const NEVER_MS = -1000;

// Signals that cannot be caught, and signals that the system sends by itself: no command must happen by accident.
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

/** Seconds or a string with a unit: milliseconds; -1 (never) stays -1. */
export function durationReader(range: DurationRange): Reader<number> {
  return (given) => taken(toMs(given, range));
}

function toMs(given: unknown, range: DurationRange): number | undefined {
  const exact = parseDuration(given);
  if (exact === undefined) return undefined;
  // 0.07 s is 70.00000000000001 ms in binary fractions: nobody wants to read that.
  const ms = Math.round(exact * 1000) / 1000;
  if (!Number.isFinite(ms)) return undefined;
  switch (range) {
    case 'positive':
      return ms > 0 ? ms : undefined;
    case 'zero or more':
      return ms >= 0 ? ms : undefined;
    case 'zero or more, or never':
      return ms === NEVER_MS ? -1 : ms >= 0 ? ms : undefined;
  }
}

export function integerReader({ min, max = Infinity }: IntegerRange): Reader<number> {
  return (given) => (isInteger(given) && given >= min && given <= max ? { value: given } : undefined);
}

/** 'auto': this many for each CPU that this process may use. */
export function countReader({ perProcessor, least }: AutomaticCount): Reader<number> {
  const readNumber = integerReader({ min: 1 });
  return (given) =>
    given === 'auto' ? { value: Math.max(least, perProcessor * usableProcessors()) } : readNumber(given);
}

export const readRatio: Reader<number> = (given) =>
  typeof given === 'number' && given >= 0 && given <= 1 ? { value: given } : undefined;

export const readBoolean: Reader<boolean> = (given) => {
  if (typeof given === 'boolean') return { value: given };
  if (typeof given !== 'string') return undefined;
  const word = given.toLowerCase();
  if (TRUE_WORDS.includes(word)) return { value: true };
  return FALSE_WORDS.includes(word) ? { value: false } : undefined;
};

export const readText: Reader<string> = (given) =>
  typeof given === 'string' && given !== '' ? { value: given } : undefined;

/** A path, or a word that means none. */
export const readTextOrFalse: Reader<string | false> = (given) => {
  const isNone = given === false || (typeof given === 'string' && NONE_WORDS.includes(given.toLowerCase()));
  return isNone ? { value: false } : readText(given);
};

/** In one spelling. */
export const readListenAddress: Reader<string> = (given) => {
  const address = parseListenAddress(given);
  return address && { value: formatListenAddress(address) };
};

export function secretReader(least: number): Reader<string> {
  return (given) => (typeof given === 'string' && given.length >= least ? { value: given } : undefined);
}

/** A name, or a number as text. */
export const readAccount: Reader<string> = (given) => {
  if (typeof given === 'string') return readText(given.trim());
  const number = integerReader(ACCOUNT_RANGE)(given);
  return number && { value: String(number.value) };
};

export const readMask: Reader<number> = (given) => {
  const isOctal = typeof given === 'string' && OCTAL.test(given);
  return integerReader(MASK_RANGE)(isOctal ? octalValue(given) : given);
};

export function octalValue(text: string): number {
  return Number.parseInt(text.replace('0o', ''), 8);
}

export const readSignal: Reader<NodeJS.Signals> = (given) =>
  taken(typeof given === 'string' ? usableSignal(given) : undefined);

export function usableSignal(text: string): NodeJS.Signals | undefined {
  const name = parseSignal(text);
  return UNUSABLE_SIGNALS.some((unusable) => parseSignal(unusable) === name) ? undefined : name;
}

export function wordReader<Word extends string>(words: readonly Word[]): Reader<Word> {
  return (given) => taken(words.find((word) => word === given));
}

export const readExitCodes: Reader<readonly number[]> = (given) => {
  if (!Array.isArray(given)) return undefined;
  const readCode = integerReader(EXIT_CODE_RANGE);
  const codes = Array.from(given, (item) => readCode(item)?.value);
  return codes.includes(undefined) ? undefined : { value: codes as number[] };
};

/** Bytes or a string with a unit: whole bytes. */
export const readSize: Reader<number> = (given) => taken(parseSize(given));

export function sizeFromReader(leastBytes: number): Reader<number> {
  return (given) => {
    const size = readSize(given);
    return size && size.value >= leastBytes ? size : undefined;
  };
}

const SHARE = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/;

/** A share refers to the memory that this process may use. */
export const readMemoryLimit: Reader<number> = (given) => {
  const share = typeof given === 'string' ? SHARE.exec(given) : null;
  if (!share) {
    const bytes = parseSize(given);
    return bytes === undefined || bytes === 0 ? undefined : { value: bytes };
  }
  const percent = Number(share[1]);
  if (percent <= 0 || percent > 100) return undefined;
  return { value: Math.round(((memoryLimitBytes() ?? totalmem()) * percent) / 100) };
};

export function instanceReader<Value>(is: (given: unknown) => given is Value): Reader<Value> {
  return (given) => (is(given) ? { value: given } : undefined);
}

/** Also takes null, as for a YAML key without a value: no value. */
export function orNone<Value>(read: Reader<Value>): Reader<Value | undefined> {
  return (given) => (given === null ? { value: undefined } : read(given));
}

function taken<Value>(value: Value | undefined): { readonly value: Value } | undefined {
  return value === undefined ? undefined : { value };
}

function isInteger(given: unknown): given is number {
  return Number.isSafeInteger(given);
}
