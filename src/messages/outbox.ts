import type { MessageResult } from '../contract/results';
import type { UserMessage, UserMessageTaken } from '../protocol/protocol';

/** The limits for messages to one receiver that it has not handled yet: all of them are in memory. */
export const MOST_WAITING_BYTES = 16 * 1024 * 1024;
export const MOST_WAITING = 10_000;

export interface OutboxDeps {
  /** The name of the receiver, for people. */
  readonly receiver: () => string;
  readonly post: (message: UserMessage) => void;
  /** The limit is reached. Called once, until the receiver has handled half of what waits. */
  readonly onFull: (waiting: { readonly messages: number; readonly bytes: number }) => void;
}

interface Waiting {
  readonly bytes: number;
  readonly resolve: (result: MessageResult) => void;
}

/** Messages that one receiver was sent and has not handled yet. */
export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #waiting = new Map<number, Waiting>();
  #bytes = 0;
  #lastId = 0;
  #isFull = false;
  #whyClosed: string | undefined;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  /** Resolves when the receiver has handled it, or never will. */
  send(body: Uint8Array): Promise<MessageResult> {
    if (this.#whyClosed !== undefined) return Promise.resolve({ ok: false, reason: this.#whyClosed });
    if (this.#waiting.size >= MOST_WAITING || this.#bytes + body.byteLength > MOST_WAITING_BYTES)
      return Promise.resolve(this.#refuse());
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, { bytes: body.byteLength, resolve });
      this.#bytes += body.byteLength;
      this.#deps.post({ type: 'user_message', id, body });
    });
  }

  /** An unknown id, or one that was answered, is ignored. */
  answered({ id, problem }: UserMessageTaken): void {
    const one = this.#waiting.get(id);
    if (!one) return;
    this.#waiting.delete(id);
    this.#bytes -= one.bytes;
    if (this.#waiting.size <= MOST_WAITING / 2 && this.#bytes <= MOST_WAITING_BYTES / 2) this.#isFull = false;
    one.resolve(problem === undefined ? { ok: true } : { ok: false, reason: problem });
  }

  /** The receiver has gone. */
  close(why: string): void {
    this.#whyClosed ??= why;
    for (const { resolve } of this.#waiting.values()) resolve({ ok: false, reason: this.#whyClosed });
    this.#waiting.clear();
    this.#bytes = 0;
  }

  #refuse(): MessageResult {
    const waiting = { messages: this.#waiting.size, bytes: this.#bytes };
    if (!this.#isFull) this.#deps.onFull(waiting);
    this.#isFull = true;
    const { messages, bytes } = waiting;
    const reason = `${this.#deps.receiver()} has not handled ${messages} earlier messages (${bytes} bytes)`;
    return { ok: false, reason };
  }
}
