// What programs do (bench/forked/things.cjs), done by workers while they serve, and are killed, frozen and replaced.
const { setTimeout: sleep } = require('node:timers/promises');
const { inspect } = require('node:util');
const things = require('../forked/things.cjs');

const LONGEST_PAUSE_MS = 1500;
/** A stop closes the servers of a thing before the worker hears of it. */
const STOP_MS = 1000;
const LARGE = /GB/;

const loaded = new Map();

/** What a program does at the top of its files: in the template, so that forked workers have it from there. */
function loadThings(names) {
  for (const name of names) {
    if (!loaded.has(name)) loaded.set(name, things[name].atLoad?.());
  }
}

/** One thing after the other, at random, until the worker is told to stop. */
class Uses {
  #names;
  #logger;
  #signal;
  #isForked;

  constructor(names, worker, isForked) {
    this.#names = names;
    this.#logger = worker.logger;
    this.#signal = worker.stopSignal;
    this.#isForked = isForked;
  }

  async run() {
    loadThings(this.#names);
    // An episode may be over before a large heap is full.
    let use = this.#names.find((name) => LARGE.test(name)) ?? this.#any();
    while (use !== undefined && !this.#signal.aborted) {
      try {
        await things[use].check(loaded.get(use), {});
        this.#logger.info('use done', { use, isForked: this.#isForked });
      } catch (error) {
        await sleep(STOP_MS);
        if (!this.#signal.aborted)
          this.#logger.error('use failed', { use, isForked: this.#isForked, why: inspect(error) });
      }
      await sleep(Math.random() * LONGEST_PAUSE_MS);
      use = this.#any();
    }
  }

  #any() {
    return this.#names[Math.floor(Math.random() * this.#names.length)];
  }
}

module.exports = { LARGE, Uses, loadThings };
