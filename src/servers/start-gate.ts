import type { Clock } from '../common/clock';

/** One start that is under way. */
export interface StartPlace {
  /** It is over, or it failed: the next may begin. Again: nothing happens. */
  leave(): void;
}

export interface StartGateDeps {
  /** How many starts may be under way at the same time. */
  readonly limit: () => number;
  /** A start that takes longer than this no longer keeps others waiting. */
  readonly longestMs: () => number;
  readonly clock: Clock;
}

/** Lets a limited number of starts be under way at the same time, the others wait in order: hundreds at once would only hinder each other. */
export class StartGate {
  readonly #deps: StartGateDeps;
  readonly #waiting: ((place: StartPlace) => void)[] = [];
  #underWay = 0;
  #isOpen = false;

  constructor(deps: StartGateDeps) {
    this.#deps = deps;
  }

  /** A place at once where there is one. */
  enter(): StartPlace | Promise<StartPlace> {
    this.admit();
    if (this.#hasRoom) return this.#place();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets in who may begin by now: the limit may have changed. */
  admit(): void {
    while (this.#hasRoom) {
      const next = this.#waiting.shift();
      if (!next) return;
      next(this.#place());
    }
  }

  /** Nobody waits any more. */
  open(): void {
    this.#isOpen = true;
    this.admit();
  }

  get #hasRoom(): boolean {
    return this.#isOpen || this.#underWay < this.#deps.limit();
  }

  #place(): StartPlace {
    this.#underWay += 1;
    let isHere = true;
    const leave = (): void => {
      if (!isHere) return;
      isHere = false;
      timer.cancel();
      this.#underWay -= 1;
      this.admit();
    };
    const timer = this.#deps.clock.after(this.#deps.longestMs(), leave, { unref: true });
    return { leave };
  }
}
