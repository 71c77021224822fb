import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { setImmediate as immediate } from 'node:timers/promises';
import { sleep, type Clock } from '../common/clock';
import type { AdoptedChildren, EndAdoption } from './adopted-children';
import type { NativeForks } from './native';

export interface ForkCallsDeps {
  readonly native: Pick<NativeForks, 'ask' | 'hear' | 'adopt' | 'isChild' | 'request'>;
  /** Our end of the template's socket. It is closed with close(). */
  readonly control: number;
  readonly clock: Clock;
  readonly adopted: Pick<AdoptedChildren, 'begin'>;
  /** Ends a child of this process that nobody waits for any more. */
  readonly discard: (pid: number) => void;
  /** How long an answer may take. */
  readonly limitMs?: number;
}

/** why: the template is of no use any more. Undefined: the call was not made, or its answer does not matter any more. */
export type CallResult<T> = { readonly value: T } | { readonly why: string } | undefined;

// A fork takes a few milliseconds. On a machine without a free CPU it may take a hundred times as long.
const ANSWER_MS = 5000;
// The usual time of an answer. So long the process may stand still for it; later answers are looked for now and then.
const STILL_MS = 5;
const FORK_STILL_MS = 10;
const LOOK_MS = 5;
/** A template that has answered within this time runs: many forks in a row need no question each. */
const MOMENT_MS = 100;

/** The system lacked processes, memory or descriptors: spawning a worker reports that, and the next one is forked. */
const PASSING: ReadonlySet<number> = new Set([
  constants.errno.EAGAIN,
  constants.errno.ENOMEM,
  constants.errno.EMFILE,
  constants.errno.ENFILE,
]);

/**
 * Asks a template, which may stand still at any moment: the event loop of this process goes on meanwhile. Each call has
 * its own turn of the event loop: a hundred forks in one turn would make this process silent for too long.
 *
 * A forked process becomes a child of this one only while adopt() is on. Its pid is known before that can happen. So when
 * adopt() is off again, no child is left that nobody knows of.
 */
export class ForkCalls {
  readonly #deps: ForkCallsDeps;
  readonly #limitMs: number;
  #control: number | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** Set while adopt() is on. */
  #endAdoption: EndAdoption | undefined;
  /** It has answered with this pid, and the process will soon be a child of this one. */
  #awaited: number | undefined;
  #answeredAt = -Infinity;

  constructor(deps: ForkCallsDeps) {
    this.#deps = deps;
    this.#control = deps.control;
    this.#limitMs = deps.limitMs ?? ANSWER_MS;
  }

  /** Whether it answers: it may be stopped, or swapped out. */
  answers(): Promise<CallResult<true>> {
    return this.#inTurn(() => this.#answers());
  }

  /**
   * The pid of a child of this process that has the descriptors that `open` returns. It is called when its turn has come:
   * if many wait, they need no descriptors yet. If it throws, there is no fork.
   */
  fork(open: () => readonly number[]): Promise<CallResult<number>> {
    return this.#inTurn(async () => {
      // So that adopt() is on for no longer than a fork takes.
      if (this.#deps.clock.now() - this.#answeredAt < MOMENT_MS) return this.#fork(open);
      const up = await this.#answers();
      return up && 'why' in up ? up : up && this.#fork(open);
    });
  }

  /** A call that is under way answers undefined. */
  close(): void {
    if (this.#control === undefined) return;
    this.#abandon();
    closeSync(this.#control);
    this.#control = undefined;
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(call);
    const rest = (): Promise<void> => immediate();
    // One that fails must not fail the calls after it.
    this.#turn = result.then(rest, rest);
    return result;
  }

  async #answers(): Promise<CallResult<true>> {
    if (this.#control === undefined) return undefined;
    const asked = this.#deps.native.ask(this.#control);
    if (asked < 0) return { why: `it cannot be asked (errno ${-asked})` };
    const answer = await this.#until(STILL_MS, (control, ms) => this.#deps.native.hear(control, ms));
    if (this.#isClosed) return undefined;
    if (answer === 0) return this.#silence;
    if (answer < 0) return { why: `it does not answer (errno ${-answer})` };
    this.#answeredAt = this.#deps.clock.now();
    return { value: true };
  }

  async #fork(open: () => readonly number[]): Promise<CallResult<number>> {
    const { native } = this.#deps;
    if (this.#control === undefined) return undefined;
    let fds: readonly number[];
    try {
      fds = open();
    } catch {
      // Spawning a worker reports what the system lacks.
      return undefined;
    }
    const endAdoption = this.#deps.adopted.begin();
    const adopting = native.adopt(1);
    if (adopting < 0) return { why: `its workers cannot be adopted (errno ${-adopting})` };
    this.#endAdoption = endAdoption;
    const sent = native.request(this.#control, fds);
    const answer =
      sent < 0 ? sent : await this.#until(FORK_STILL_MS, (control, ms) => native.hear(control, ms));
    if (answer > 0) {
      this.#awaited = answer;
      this.#answeredAt = this.#deps.clock.now();
    }
    const isChild = answer > 0 && (await this.#until(STILL_MS, (_, ms) => native.isChild(answer, ms))) > 0;
    if (this.#isClosed) return undefined;
    this.#abandon(isChild);
    if (isChild) return { value: answer };
    if (answer >= 0) return this.#silence;
    return PASSING.has(-answer) ? undefined : { why: `it did not fork (errno ${-answer})` };
  }

  /** Looks until there is something else than 0, for a first time that blocks. 0: not in time, or it was closed. */
  async #until(stillMs: number, look: (control: number, ms: number) => number): Promise<number> {
    const { clock } = this.#deps;
    const end = clock.now() + this.#limitMs;
    let ms = stillMs;
    while (this.#control !== undefined) {
      const seen = look(this.#control, ms);
      if (seen !== 0 || clock.now() >= end) return seen;
      ms = 0;
      await sleep(clock, LOOK_MS);
    }
    return 0;
  }

  /** What is forked from now on is not our child. What already is, and is not wanted, ends. */
  #abandon(isWanted = false): void {
    const endAdoption = this.#endAdoption;
    if (!endAdoption || this.#control === undefined) return;
    const { native, discard } = this.#deps;
    this.#endAdoption = undefined;
    native.adopt(0);
    const pid = this.#awaited ?? native.hear(this.#control, 0);
    this.#awaited = undefined;
    endAdoption(pid);
    if (!isWanted && pid > 0 && native.isChild(pid, 0) > 0) discard(pid);
  }

  get #isClosed(): boolean {
    return this.#control === undefined;
  }

  get #silence(): { readonly why: string } {
    return { why: `it did not answer within ${this.#limitMs} ms` };
  }
}
