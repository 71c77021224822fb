const FARTHEST = 2;

interface Candidate {
  readonly name: string;
  readonly folded: string;
  readonly letters: number;
}

/** Suggests names for misspelt ones. Made once for many lookups: a file may have tens of thousands of keys. */
export class NearestName {
  readonly #byLength = new Map<number, Candidate[]>();

  constructor(candidates: Iterable<string>) {
    for (const name of new Set(candidates)) {
      const folded = fold(name);
      const same = this.#byLength.get(folded.length) ?? [];
      same.push({ name, folded, letters: lettersOf(folded) });
      this.#byLength.set(folded.length, same);
    }
  }

  /**
   * At most two letters off, case and separators aside; undefined if there is none. Short names get less tolerance:
   * nearly any word of three letters is two letters off `log`.
   */
  of(given: string): string | undefined {
    const wanted = fold(given);
    const letters = lettersOf(wanted);
    let nearest: { readonly name: string; readonly distance: number } | undefined;
    for (let length = wanted.length - FARTHEST; length <= wanted.length + FARTHEST; length++) {
      for (const { name, folded, letters: others } of this.#byLength.get(length) ?? []) {
        const limit = Math.min(FARTHEST, Math.floor(length / 3), (nearest?.distance ?? Infinity) - 1);
        // Replacing a letter changes at most two bits: this alone rules out most names.
        if (countBits(letters ^ others) > 2 * limit) continue;
        const distance = editDistance(wanted, folded, limit);
        if (distance <= limit) nearest = { name, distance };
      }
    }
    return nearest?.name;
  }
}

/** The same for one lookup. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  return new NearestName(candidates).of(name);
}

/** One bit for each letter in the name. */
function lettersOf(folded: string): number {
  let letters = 0;
  for (let i = 0; i < folded.length; i++) letters |= 1 << (folded.charCodeAt(i) % 32);
  return letters;
}

function countBits(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left &= left - 1) count++;
  return count;
}

/** The form of a name that is the same for every spelling. */
export function fold(name: string): string {
  return name.replace(/[-_:]/g, '').toLowerCase();
}

/**
 * How many letters must be inserted, removed, replaced or swapped with the next. Beyond the limit, any number above it.
 */
function editDistance(a: string, b: string, limit: number): number {
  let beforeLast: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  let leastOfLast = 0;
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (beforeLast[j - 2] ?? 0) + 1 : Infinity;
      const distance = Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swapped);
      next.push(distance);
      if (distance < least) least = distance;
    }
    if (least > limit && leastOfLast > limit) return least;
    [beforeLast, row, leastOfLast] = [row, next, least];
  }
  return row[b.length] ?? 0;
}
