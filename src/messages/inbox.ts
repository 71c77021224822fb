import { messageOf } from '../common/errors';
import type { MessageHook } from '../contract/message-hook';
import type { UserMessage, UserMessageTaken } from '../protocol/protocol';
import { decodeBody } from './message-body';

export interface InboxDeps {
  readonly answer: (message: UserMessageTaken) => void;
  /** The hook has thrown, or its promise was rejected. */
  readonly onFailed: (error: unknown) => void;
}

/** Messages from one sender on their way to the hook. The sender limits how many there are: see Outbox. */
export class Inbox {
  readonly #deps: InboxDeps;
  #early: UserMessage[] = [];
  #hook: (() => MessageHook) | undefined;

  constructor(deps: InboxDeps) {
    this.#deps = deps;
  }

  /** Messages are handled from now on, beginning with those that have come already. */
  open(hook: () => MessageHook): void {
    this.#hook = hook;
    for (const message of this.#early.splice(0)) void this.#handle(message, hook());
  }

  /** In the order in which they come. None waits until an earlier one was completely handled. */
  receive(message: UserMessage): void {
    if (this.#hook) void this.#handle(message, this.#hook());
    else this.#early.push(message);
  }

  async #handle({ id, body }: UserMessage, hook: MessageHook): Promise<void> {
    const problem = await this.#problemOf(body, hook);
    this.#deps.answer({ type: 'user_message_taken', id, ...(problem !== undefined && { problem }) });
  }

  async #problemOf(body: Uint8Array, { owner, call }: MessageHook): Promise<string | undefined> {
    if (!call) return `${owner} has no onMessage()`;
    const decoded = decodeBody(body);
    if (!decoded) return 'the message could not be read';
    try {
      await call(decoded.message);
      return undefined;
    } catch (error) {
      this.#deps.onFailed(error);
      return `onMessage() of ${owner} failed: ${messageOf(error)}`;
    }
  }
}
