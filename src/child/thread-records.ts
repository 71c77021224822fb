import { encodeRecord } from '../record/framing';

/**
 * What may be under way to the server; beyond it a thread waits, as long as the server goes on reading. Not more: the
 * server reads all of one thread before it looks at the next.
 */
const MOST_UNDER_WAY = 1024 * 1024;
/** A server that stands still must not stop its threads. On a busy machine it reads all of the others for a second first. */
const PATIENCE_MS = 3000;

export interface ThreadRecordsOptions {
  readonly post: (text: string) => void;
  /** One number that both sides share: what was posted and not yet read, in characters. */
  readonly underWay: Int32Array;
  /** Makes the finished record that tells how many were dropped. */
  readonly dropNotice: (records: number) => string;
  readonly most?: number;
}

/** Runs in a thread: posts finished records, of which only so much may be under way. Never throws. */
export class ThreadRecords {
  readonly #options: ThreadRecordsOptions;
  readonly #most: number;
  #unreported = 0;

  constructor(options: ThreadRecordsOptions) {
    this.#options = options;
    this.#most = options.most ?? MOST_UNDER_WAY;
    process.once('exit', () => this.#reportDropped());
  }

  write(record: string): void {
    const text = encodeRecord(record);
    // Once there is a gap, everything up to its notice is dropped: one notice for one gap.
    if (this.#unreported === 0 ? !this.#waitForRoom(text.length) : !this.#hasRoom(text.length)) {
      this.#unreported += 1;
      return;
    }
    this.#reportDropped();
    this.#post(text);
  }

  #reportDropped(): void {
    if (this.#unreported === 0) return;
    const notice = encodeRecord(this.#options.dropNotice(this.#unreported));
    this.#unreported = 0;
    this.#post(notice);
  }

  #post(text: string): void {
    Atomics.add(this.#options.underWay, 0, text.length);
    this.#options.post(text);
  }

  #hasRoom(length: number): boolean {
    const under = Atomics.load(this.#options.underWay, 0);
    // What is longer than the bound itself must not wait for ever.
    return under === 0 || under + length <= this.#most;
  }

  /** Each time the server has read something, the wait starts again. */
  #waitForRoom(length: number): boolean {
    const { underWay } = this.#options;
    for (;;) {
      if (this.#hasRoom(length)) return true;
      const under = Atomics.load(underWay, 0);
      if (Atomics.wait(underWay, 0, under, PATIENCE_MS) === 'timed-out') return this.#hasRoom(length);
    }
  }
}
