import { closeSync, constants, openSync } from 'node:fs';
import { systemClock, type Clock } from './clock';
import { NOCTTY, NONBLOCK } from './open-flags';

/**
 * What a SIGHUP means: a command, because somebody has sent it; or the terminal is gone, which ends the engine or does
 * not.
 */
export type HangUp = 'command' | 'stop' | 'ignore';

export interface TerminalDeps {
  readonly hasTerminal?: () => boolean;
  /** A standard stream is a terminal. */
  readonly isForeground?: () => boolean;
  readonly clock?: Clock;
}

// The kernel may send the signal a moment before it takes the terminal away, and the shell sends another one.
const SETTLING_MS = 50;
const SAME_LOSS_MS = 1000;

// A terminal may disappear without a signal to us: later signals are commands then.
const CHECK_MS = 5000;

/**
 * The terminal that a process was started from. Its loss and `kill -HUP` are the same signal, but in the first case the
 * terminal is gone.
 *
 * nohup cannot be detected, because Node resets the ignored signal. But it leaves no standard stream at the terminal,
 * and neither does anything else that lets a program outlive it.
 */
export class Terminal {
  readonly #deps: Required<TerminalDeps>;
  readonly #loss: HangUp;
  #isThere: boolean;
  #lostAt = -Infinity;

  constructor({
    hasTerminal = hasControllingTerminal,
    isForeground = isAnyStreamTerminal,
    clock = systemClock,
  }: TerminalDeps = {}) {
    this.#deps = { hasTerminal, isForeground, clock };
    this.#isThere = hasTerminal();
    this.#loss = this.#isThere && isForeground() ? 'stop' : 'ignore';
    if (this.#isThere) this.#checkLater();
  }

  /** Calls back with what this SIGHUP means. */
  onHangUp(callback: (meaning: HangUp) => void): void {
    const { clock } = this.#deps;
    if (clock.now() - this.#lostAt < SAME_LOSS_MS) callback('ignore');
    else if (!this.#isThere) callback('command');
    else if (this.#isLost()) callback(this.#loss);
    else clock.after(SETTLING_MS, () => callback(this.#isThere && !this.#isLost() ? 'command' : this.#loss));
  }

  /**
   * Calls back, a moment later, if this SIGCONT is not the one that the kernel sends along with the SIGHUP of a lost
   * terminal. By then a signal that belongs to it has come: two threads may take the two, in either order.
   */
  onContinue(callback: () => void): void {
    const { clock } = this.#deps;
    clock.after(SETTLING_MS, () => {
      if (this.#isThere) this.#isLost();
      if (clock.now() - this.#lostAt >= SAME_LOSS_MS) callback();
    });
  }

  get isThere(): boolean {
    return this.#isThere;
  }

  #isLost(): boolean {
    if (this.#deps.hasTerminal()) return false;
    this.#isThere = false;
    this.#lostAt = this.#deps.clock.now();
    return true;
  }

  #checkLater(): void {
    const check = (): void => {
      if (!this.#isThere) return;
      if (this.#deps.hasTerminal()) this.#checkLater();
      else this.#isThere = false;
    };
    this.#deps.clock.after(CHECK_MS, check, { unref: true });
  }
}

/** Also works without /proc. */
function hasControllingTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | NOCTTY | NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

function isAnyStreamTerminal(): boolean {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- few processes have a terminal
  const { isatty } = require('node:tty') as typeof import('node:tty');
  return [0, 1, 2].some((fd) => isatty(fd));
}
