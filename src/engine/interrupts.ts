import type { Command } from '../commands/command';
import type { Clock } from '../common/clock';
import type { Logger } from '../record/logger';

export interface InterruptsDeps {
  readonly logger: Logger;
  readonly clock: Clock;
  /** What the present stop waits for, in words. */
  readonly waitingFor: () => readonly string[];
}

// One Ctrl-C reaches a program twice where npm passes it on.
const SAME_PRESS_MS = 300;

/** Ctrl-C again and again: the second is told what is waited for, the third stops at once. */
export class Interrupts {
  readonly #deps: InterruptsDeps;
  #count = 0;
  #lastAt = -Infinity;

  constructor(deps: InterruptsDeps) {
    this.#deps = deps;
  }

  /** What a command becomes that came by this signal. */
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
