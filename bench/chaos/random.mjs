// Random numbers from a seed, the same ones each time.

/** Numbers from 0 to 1 like those of Math.random(), by mulberry32. */
export class Random {
  #state;

  /** @param {...number} seeds each combination gives its own sequence */
  constructor(...seeds) {
    this.#state = seeds.reduce((state, seed) => mixed(state ^ mixed(seed + 0x9e3779b9)), 1);
  }

  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return (mixed(this.#state) >>> 0) / 2 ** 32;
  }

  chance(share) {
    return this.next() < share;
  }

  /** An integer from `least` to `most`, both included. */
  between(least, most) {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick(values) {
    return values[this.between(0, values.length - 1)];
  }

  /** One of the values, as often as its `weight` says. */
  weighted(values) {
    const total = values.reduce((sum, { weight }) => sum + weight, 0);
    let left = this.next() * total;
    return values.find(({ weight }) => (left -= weight) < 0) ?? values.at(-1);
  }
}

function mixed(value) {
  let state = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}
