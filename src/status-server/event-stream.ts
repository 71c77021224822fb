import type { ServerResponse } from 'node:http';
import { attempt } from '../common/attempt';
import type { Clock, ClockTimer } from '../common/clock';
import { beginStream } from './respond';

/** One event of a stream, as a browser's EventSource reads it. */
export function frame(event: string, data: unknown): string {
  const lines = JSON.stringify(data).split('\n');
  return `event: ${event}\n${lines.map((line) => `data: ${line}\n`).join('')}\n`;
}

export interface EventStreamDeps {
  /** What the pages get at each turn. */
  readonly look: () => Promise<unknown>;
  readonly clock: Clock;
  /** A turn failed. The next one still comes. */
  readonly onFailed: (error: unknown) => void;
}

// Twice the interval at which workers send their figures.
const TURN_MS = 2000;
// Several workers that end at once share one turn.
const SOON_MS = 150;
const MOST_CLIENTS = 16;
/** For a browser that does not read, for example on a laptop that was closed. */
const MOST_UNREAD_BYTES = 4 * 1024 * 1024;

/** The open pages, and what they get. Does nothing while no page is open. */
export class EventStream {
  readonly #deps: EventStreamDeps;
  readonly #clients = new Set<ServerResponse>();
  #timer: ClockTimer | undefined;
  #isSoon = false;
  #isLooking = false;

  constructor(deps: EventStreamDeps) {
    this.#deps = deps;
  }

  /** Returns false if too many pages are open already. */
  add(response: ServerResponse): boolean {
    if (this.#clients.size >= MOST_CLIENTS) return false;
    beginStream(response);
    // After this time the browser connects again by itself.
    response.write('retry: 2000\n\n');
    this.#clients.add(response);
    response.once('close', () => {
      this.#clients.delete(response);
      if (this.#clients.size === 0) this.#timer?.cancel();
    });
    this.#arm(0);
    return true;
  }

  /** Something has happened: send it to the pages soon, not at the next turn. */
  news(): void {
    if (this.#clients.size === 0 || this.#isSoon) return;
    this.#isSoon = true;
    this.#arm(SOON_MS);
  }

  /** Tells the pages that the stream ends. */
  close(): void {
    this.#timer?.cancel();
    for (const client of this.#clients) client.end(frame('bye', {}));
    this.#clients.clear();
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    const { clock, onFailed } = this.#deps;
    this.#timer = clock.after(delayMs, () => attempt(() => this.#turn(), onFailed), { unref: true });
  }

  async #turn(): Promise<void> {
    this.#isSoon = false;
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const text = frame('status', await this.#deps.look());
      for (const client of this.#clients) {
        if (client.writableLength > MOST_UNREAD_BYTES) client.destroy();
        else client.write(text);
      }
    } finally {
      this.#isLooking = false;
      if (this.#clients.size > 0) this.#arm(TURN_MS);
    }
  }
}
