import type { RestartResult } from '../contract/results';

/**
 * taken_over: it is up; firstRound: the result for the workers that it started with. left: the supervisor ends because
 * of exitOnDetach, and starts none. failed: why it is not up.
 */
export type NextServer =
  | { readonly kind: 'taken_over'; readonly pid: number | undefined; readonly firstRound?: RestartResult }
  | { readonly kind: 'left' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Waits for the next server process: to be up, or to have all of its workers. */
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
