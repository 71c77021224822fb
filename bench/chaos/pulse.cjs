// The side work of every worker of the chaos app: it writes numbered lines, and obeys the orders in a file.
const { readFileSync, unlinkSync } = require('node:fs');
const { join } = require('node:path');
const { clearInterval } = require('node:timers');

const EVERY_MS = 100;
const PAYLOAD = 'plain, ümläut, 日本語, 🎈 ';
let count = 0;

class Pulse {
  #order;
  #log;
  #writer;
  #number = 0;
  #timer;
  #held = [];

  /** @param {(text: string) => void} log writes one whole line */
  constructor(folder, name, log) {
    this.#order = join(folder, 'orders', name);
    this.#log = log;
    count += 1;
    this.#writer = `${name}-${process.pid}-${count}-${Date.now()}`;
    this.#timer = setInterval(() => this.#beat(), EVERY_MS);
  }

  end() {
    clearInterval(this.#timer);
  }

  #beat() {
    this.#line();
    let text;
    try {
      text = readFileSync(this.#order, 'utf8');
      unlinkSync(this.#order);
    } catch {
      return;
    }
    this.#obey(JSON.parse(text));
  }

  #line() {
    this.#number += 1;
    this.#log(`tick writer=${this.#writer} number=${this.#number} ${PAYLOAD} end`);
  }

  #obey({ kind, ms, megabytes, lines, status }) {
    switch (kind) {
      case 'block': {
        const until = Date.now() + ms;
        while (Date.now() < until);
        return;
      }
      case 'memory':
        this.#held.push(Buffer.alloc(megabytes * 1024 * 1024, 1));
        setTimeout(() => this.#held.shift(), ms);
        return;
      case 'heap':
        for (;;) this.#held.push(new Array(100_000).fill(this.#held.length));
      case 'burst':
        for (let line = 0; line < lines; line += 1) this.#line();
        return;
      case 'exit':
        process.exit(status);
        return;
      case 'throw':
        throw new Error('thrown by order');
      case 'reject':
        void Promise.reject(new Error('rejected by order'));
    }
  }
}

module.exports = { Pulse };
