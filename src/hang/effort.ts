import type { Clock } from '../common/clock';

export interface EffortDeps {
  /** It seemed to run, or to want to. */
  readonly wantsToRun: boolean;
  /** How much CPU time it has had so far. Undefined: nobody knows. */
  readonly processorMs: () => number | undefined;
  readonly clock: Clock;
}

/** With less CPU time than this, running JavaScript may not have got as far as the answer. */
export const ENOUGH_MS = 300;

/** What a process or thread has been given since this object was made. */
export class Effort {
  readonly #deps: EffortDeps;
  readonly #beganAt: number;
  readonly #before: number | undefined;

  constructor(deps: EffortDeps) {
    this.#deps = deps;
    this.#beganAt = deps.clock.now();
    this.#before = deps.processorMs();
  }

  get tookMs(): number {
    return this.#deps.clock.now() - this.#beganAt;
  }

  /** It wants to run, and was hardly let: that it does not answer says nothing of what it does. */
  get isStarved(): boolean {
    return this.#deps.wantsToRun && this.#spentMs() < ENOUGH_MS;
  }

  get text(): string {
    return `it has had ${this.#spentMs()} ms of CPU time in ${Math.round(this.tookMs)} ms: the machine is overloaded`;
  }

  #spentMs(): number {
    const before = this.#before;
    return before === undefined ? Infinity : (this.#deps.processorMs() ?? Infinity) - before;
  }
}
