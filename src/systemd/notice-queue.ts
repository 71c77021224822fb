import type { Logger } from '../record/logger';

/** Messages to the service manager, one after the other: their order means something. */
export class NoticeQueue {
  readonly #send: (assignments: readonly string[]) => Promise<string | undefined>;
  readonly #logger: Logger;
  #waiting: (readonly string[])[] = [];
  #work: Promise<void> | undefined;
  #isBroken = false;

  constructor(send: (assignments: readonly string[]) => Promise<string | undefined>, logger: Logger) {
    this.#send = send;
    this.#logger = logger;
  }

  add(assignments: readonly string[]): void {
    if (assignments.length === 0) return;
    // Of what is said again and again, the last is enough.
    this.#waiting = this.#waiting.filter((earlier) => !isSuperseded(earlier, assignments));
    this.#waiting.push(assignments);
    this.#work ??= this.#sendAll();
  }

  /** The last message did not get there. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Resolves when everything is sent, or has failed. */
  async emptied(): Promise<void> {
    while (this.#work) await this.#work;
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#report(await this.#send(next), next);
    }
    this.#work = undefined;
  }

  /** Each change is said once: a service manager that is away would fill the log. */
  #report(failure: string | undefined, assignments: readonly string[]): void {
    if ((failure !== undefined) === this.#isBroken) return;
    this.#isBroken = failure !== undefined;
    if (failure === undefined) this.#logger.info('systemd gets messages again');
    else
      this.#logger.error('systemd gets no messages: with Type=notify it ends the service after its timeout', {
        reason: failure,
        message: assignments.join(' '),
      });
  }
}

const REPEATED = /^(STATUS|WATCHDOG|EXTEND_TIMEOUT_USEC)=/;

function isSuperseded(earlier: readonly string[], later: readonly string[]): boolean {
  const [one, ...more] = earlier;
  const match = one === undefined ? null : REPEATED.exec(one);
  return more.length === 0 && match !== null && later.some((assignment) => assignment.startsWith(match[0]));
}
