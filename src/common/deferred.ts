/** A value that comes later, once. */
export class Deferred<T> {
  #value: { readonly value: T } | undefined;
  readonly #waiting: ((value: T) => void)[] = [];

  /** The first value counts. */
  settle(value: T): void {
    if (this.#value) return;
    this.#value = { value };
    for (const resolve of this.#waiting.splice(0)) resolve(value);
  }

  wait(): Promise<T> {
    const known = this.#value;
    if (known) return Promise.resolve(known.value);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
