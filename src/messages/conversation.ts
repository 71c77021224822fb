import type { MessageHook } from '../contract/message-hook';
import type { MessageResult } from '../contract/results';
import type { UserMessage, UserMessageTaken } from '../protocol/protocol';
import type { LogFields, Logger } from '../record/logger';
import { Inbox } from './inbox';
import { Outbox } from './outbox';

export interface ConversationDeps {
  /** The name of the other end, for people. */
  readonly peer: () => string;
  /** Fields of records about the other end. */
  readonly fields?: () => LogFields;
  readonly post: (message: UserMessage | UserMessageTaken) => void;
  readonly logger: Logger;
}

/** One end of the messages between the program of a server and that of one of its workers. */
export class Conversation {
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;

  constructor({ peer, fields = () => ({}), post, logger }: ConversationDeps) {
    this.#inbox = new Inbox({
      answer: post,
      onFailed: (error) => logger.error('onMessage() failed', { ...fields(), error }),
    });
    this.#outbox = new Outbox({
      receiver: peer,
      post,
      onFull: (waiting) =>
        logger.warn(
          `messages to ${peer()} are refused until it has handled earlier ones: its onMessage() is too slow, or its event loop ` +
            'is blocked. The sender gets ok: false',
          { ...fields(), ...waiting },
        ),
    });
  }

  /** Sends to the other end. */
  send(body: Uint8Array): Promise<MessageResult> {
    return this.#outbox.send(body);
  }

  /** A message has come from the other end. */
  receive(message: UserMessage | UserMessageTaken): void {
    if (message.type === 'user_message') this.#inbox.receive(message);
    else this.#outbox.answered(message);
  }

  /** Messages from the other end are handled from now on. */
  open(hook: () => MessageHook): void {
    this.#inbox.open(hook);
  }

  /** The other end has gone. */
  close(why: string): void {
    this.#outbox.close(why);
  }
}
