import type { StackFrame } from '../hang/source-mapped-frames';
import { turnMs } from './watchdog-protocol';

/** Capturing a stack slows the main thread down for some 40 ms. */
const CAPTURE_PAUSE_MS = 10_000;

export interface BlockWatchDeps {
  /** Its only number is changed by the main thread at each turn of its timer. */
  readonly turns: Int32Array;
  readonly now: () => number;
  /** `isWanted` is called once the stack was read: what the main thread does after it has gone on is no answer. */
  readonly capture: (isWanted: () => boolean) => Promise<readonly StackFrame[] | undefined>;
}

interface Sight {
  readonly turn: number;
  readonly frames: Promise<readonly StackFrame[] | undefined>;
}

/** Checks from another thread whether the main thread turns, and what it does if not. */
export class BlockWatch {
  readonly #deps: BlockWatchDeps;
  #limitMs: number | undefined;
  #turn = 0;
  #since = 0;
  #sight: Sight | undefined;
  #capturedAt = -Infinity;

  constructor(deps: BlockWatchDeps) {
    this.#deps = deps;
  }

  /** @returns how often to check; undefined: never. */
  setLimit(limitMs: number | undefined): number | undefined {
    this.#limitMs = limitMs;
    this.#turn = this.#current();
    this.#since = this.#deps.now();
    return limitMs === undefined ? undefined : turnMs(limitMs);
  }

  look(): void {
    if (this.#limitMs === undefined) return;
    const now = this.#deps.now();
    const turn = this.#current();
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#since = now;
      return;
    }
    if (now - this.#since < this.#limitMs || this.#sight?.turn === turn) return;
    if (now - this.#capturedAt < CAPTURE_PAUSE_MS) return;
    this.#capturedAt = now;
    this.#sight = { turn, frames: this.#deps.capture(() => this.#current() === turn) };
  }

  /** The stack that was captured while the main thread stood still after that turn. */
  async seenDuring(turn: number): Promise<readonly StackFrame[] | undefined> {
    return this.#sight?.turn === turn ? this.#sight.frames : undefined;
  }

  #current(): number {
    return Atomics.load(this.#deps.turns, 0);
  }
}
