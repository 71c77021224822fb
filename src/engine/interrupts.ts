import type { Command } from '../commands/command';
import type { Clock } from '../common/clock';
import type { Logger } from '../record/logger';

export interface InterruptsDeps {
  readonly logger: Logger;
  readonly clock: Clock;
  /** What the current stop waits for, in words. */
  readonly waitingFor: () => readonly string[];
}

// npm may pass a Ctrl-C on, so that one press arrives twice.
const SAME_PRESS_MS = 300;

/** Handles repeated Ctrl-C: the second one logs what the stop waits for, the third one stops at once. */
export class Interrupts {
  readonly #deps: InterruptsDeps;
  #count = 0;
  #lastAt = -Infinity;

  constructor(deps: InterruptsDeps) {
    this.#deps = deps;
  }

  /** The command to carry out instead, given the signal that it came by. */
  harden(command: Command, signal: NodeJS.Signals): Command {
    if (signal !== 'SIGINT' || command.kind !== 'stop') return command;
    const now = this.#deps.clock.now();
    if (now - this.#lastAt >= SAME_PRESS_MS) {
      this.#lastAt = now;
      this.#count += 1;
      if (this.#count === 2) this.#explain();
    }
    return this.#count < 3 ? command : { kind: 'stop', graceful: false };
  }

  #explain(): void {
    const force = `press Ctrl-C once more, or: kill -QUIT ${process.pid}`;
    this.#deps.logger.warn('still stopping', { waitingFor: this.#deps.waitingFor().join(', '), force });
  }
}
