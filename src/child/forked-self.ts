import { closeSync, openSync, readSync } from 'node:fs';
import type crypto from 'node:crypto';
import { isLoaded } from '../node-internals/debugger';
import type { Preloaded } from './template-checks';

// How many identifiers and integers Node generates at a time and keeps.
const KEPT_IDS = 128;
const KEPT_INTEGERS = 1024;
const HIGHEST = 2 ** 40;

/** Called in a process that was just forked: no two of them may generate the same values. */
export function reseedRandom({ chance }: Pick<Preloaded, 'chance'>): void {
  chance.draw = generator(seed());
  if (isLoaded('internal/crypto/random') === false) return;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- it is there already
  const { randomUUID, randomInt } = require('node:crypto') as typeof crypto;
  for (let drawn = 0; drawn < KEPT_IDS; drawn += 1) randomUUID();
  for (let drawn = 0; drawn < KEPT_INTEGERS; drawn += 1) randomInt(HIGHEST);
}

/** Without node:crypto, which most workers do not load. */
function seed(): Uint32Array {
  const words = new Uint32Array(4);
  const fd = openSync('/dev/urandom', 'r');
  try {
    readSync(fd, words);
  } finally {
    closeSync(fd);
  }
  return words;
}

/** xoshiro128** by Blackman and Vigna: as good as V8's generator, which cannot be reseeded. */
function generator(state: Uint32Array): () => number {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  const next = (): number => {
    const scaled = Math.imul(b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result >>> 0;
  };
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}
