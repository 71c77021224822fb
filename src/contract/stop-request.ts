/**
 * The request for a worker to stop: untilStop() waits for it, and it aborts stopSignal. The signal is created when it
 * is first read: the first listener of an AbortSignal costs a process as much as the rest of a Worker object.
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

  /** Making it again has no effect. */
  make(): void {
    if (this.#isMade) return;
    this.#isMade = true;
    this.#controller?.abort();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves once the request is made. */
  wait(): Promise<void> {
    if (this.#isMade) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
