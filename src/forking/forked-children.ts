import { constants } from 'node:os';
import { every, type RepeatingTimer } from '../common/clock';
import { sendSignal } from '../common/signals';
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
    // It may have ended before it was known here.
    setImmediate(() => {
      this.#lookAt(pid);
      this.#rest();
    });
  }

  /** Ends a child that nobody wants. */
  discard(pid: number): void {
    sendSignal(pid, 'SIGKILL');
    this.add(pid, () => {});
  }

  readonly look = (): void => {
    for (const pid of this.#living.keys()) this.#lookAt(pid);
    this.#rest();
  };

  #lookAt(pid: number): void {
    const onEnd = this.#living.get(pid);
    const ended = onEnd && this.#native.reap(pid);
    if (!onEnd || ended === 0) return;
    this.#living.delete(pid);
    // Other code has waited for it: how it ended is unknown.
    const [status, signal] = typeof ended === 'object' ? ended : [0, 0];
    onEnd(status, nameOf(signal));
  }

  #rest(): void {
    if (this.#living.size > 0) return;
    process.off('SIGCHLD', this.look);
    this.#timer?.cancel();
  }
}
