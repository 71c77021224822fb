import { constants } from 'node:os';
import { every, type RepeatingTimer } from '../common/clock';
import type { NativeForks } from './native';

/** How a forked process has ended. */
export type OnEnd = (status: number, signal: NodeJS.Signals | '') => void;

// SIGCHLD reports each end. If one is lost, the end is noticed this much later.
const LOOK_MS = 1000;

/** Some signals have two names: the first is the one that Node uses. */
function nameOf(number: number): NodeJS.Signals | '' {
  const [name = ''] = Object.entries(constants.signals).find(([, one]) => one === number) ?? [];
  return name as NodeJS.Signals | '';
}

/** Waits for children of this process that Node does not know of. */
export class ForkedChildren {
  readonly #native: Pick<NativeForks, 'reap'>;
  readonly #living = new Map<number, OnEnd>();
  /** It keeps the event loop alive, as the handle of a spawned child does. */
  #timer: RepeatingTimer | undefined;

  constructor(native: Pick<NativeForks, 'reap'>) {
    this.#native = native;
  }

  add(pid: number, onEnd: OnEnd): void {
    if (this.#living.size === 0) {
      process.on('SIGCHLD', this.look);
      this.#timer = every(LOOK_MS, this.look);
    }
    this.#living.set(pid, onEnd);
  }

  readonly look = (): void => {
    for (const [pid, onEnd] of this.#living) {
      const ended = this.#native.reap(pid);
      if (ended === 0) continue;
      this.#living.delete(pid);
      // Other code has waited for it: how it ended is unknown.
      const [status, signal] = typeof ended === 'number' ? [0, 0] : ended;
      onEnd(status, nameOf(signal));
    }
    if (this.#living.size > 0) return;
    process.off('SIGCHLD', this.look);
    this.#timer?.cancel();
  };
}
