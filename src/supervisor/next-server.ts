import type { RestartResult } from '../contract/results';

/** taken_over: it is up; firstRound: what became of the workers that it began with. left: the supervisor ends as exitOnDetach says, and starts none. failed: why it is not up. */
export type NextServer =
  | { readonly kind: 'taken_over'; readonly pid: number | undefined; readonly firstRound?: RestartResult }
  | { readonly kind: 'left' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Those who wait for the next server process, to be up or to have all of its workers. */
export class NextServerWait {
  #waiting: ((next: NextServer) => void)[] = [];

  wait(): Promise<NextServer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  settle(next: NextServer): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(next);
  }
}
