/**
 * The wish that a worker stops: untilStop() waits for it, stopSignal is aborted by it. The signal is made for whoever
 * asks for one: the first listener at an AbortSignal costs a process as much as all the rest of a Worker object.
 */
export class StopRequest {
  #isMade = false;
  #controller: AbortController | undefined;
  readonly #waiting: (() => void)[] = [];

  get isMade(): boolean {
    return this.#isMade;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isMade) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Making it again changes nothing. */
  make(): void {
    if (this.#isMade) return;
    this.#isMade = true;
    this.#controller?.abort();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves once it is made. */
  wait(): Promise<void> {
    if (this.#isMade) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
