import { encodeRecord } from '../record/framing';

/**
 * How much may be on its way to the server. Beyond that a thread waits, as long as the server goes on reading. Not
 * more, because the server reads everything from one thread before it looks at the next.
 */
const MOST_UNDER_WAY = 1024 * 1024;
/**
 * A server that stands still must not block its threads for longer. On a busy machine it may read the records of the
 * others for a second first.
 */
const PATIENCE_MS = 3000;

export interface ThreadRecordsOptions {
  readonly post: (text: string) => void;
  /** One number that both sides share: what was posted and not yet read, in characters. */
  readonly underWay: Int32Array;
  /** Makes the complete record that says how many were dropped. */
  readonly dropNotice: (records: number) => string;
  readonly most?: number;
}

/** Runs in a thread: posts complete records, with a limit on how much may be on its way. Never throws. */
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
    // Once there is a gap, everything up to its notice is dropped: one notice per gap.
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
    // A record that is longer than the limit itself must not wait for ever.
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
