/** Delivers news in the order in which it happened, even if some of it must wait for the record that it refers to. */
export class NewsOrder<News> {
  readonly #tell: (news: News) => void;
  readonly #queue: { readonly news: News; readonly after: Promise<void> | undefined }[] = [];
  #isWaiting = false;
  #onEmpty: (() => void)[] = [];

  constructor(tell: (news: News) => void) {
    this.#tell = tell;
  }

  add(news: News, after: Promise<void> | undefined): void {
    this.#queue.push({ news, after });
    if (!this.#isWaiting) this.#next();
  }

  /** Resolves when everything has been delivered. */
  told(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  #next(): void {
    for (let first = this.#queue[0]; first; first = this.#queue[0]) {
      const { news, after } = first;
      if (after) {
        this.#isWaiting = true;
        this.#queue[0] = { news, after: undefined };
        void after.then(() => {
          this.#isWaiting = false;
          this.#next();
        });
        return;
      }
      this.#queue.shift();
      this.#tell(news);
    }
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }
}
