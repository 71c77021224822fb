import type { Logger } from '../record/logger';

/** Messages to the service manager, sent one after the other because their order matters. */
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
    // Of messages that replace each other, only the last one is sent.
    this.#waiting = this.#waiting.filter((earlier) => !isSuperseded(earlier, assignments));
    this.#waiting.push(assignments);
    this.#work ??= this.#sendAll();
  }

  /** The last message did not arrive. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Resolves when every message is sent or has failed. */
  async emptied(): Promise<void> {
    while (this.#work) await this.#work;
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#report(await this.#send(next), next);
    }
    this.#work = undefined;
  }

  /** Each change is logged once: otherwise a service manager that is away would fill the log. */
  #report(failure: string | undefined, assignments: readonly string[]): void {
    if ((failure !== undefined) === this.#isBroken) return;
    this.#isBroken = failure !== undefined;
    if (failure === undefined) this.#logger.info('systemd receives messages again');
    else
      this.#logger.error(
        'systemd receives no messages: with Type=notify it ends the service after its timeout',
        {
          reason: failure,
          message: assignments.join(' '),
        },
      );
  }
}

const REPEATED = /^(STATUS|WATCHDOG|EXTEND_TIMEOUT_USEC)=/;

function isSuperseded(earlier: readonly string[], later: readonly string[]): boolean {
  const [one, ...more] = earlier;
  const match = one === undefined ? null : REPEATED.exec(one);
  return more.length === 0 && match !== null && later.some((assignment) => assignment.startsWith(match[0]));
}
