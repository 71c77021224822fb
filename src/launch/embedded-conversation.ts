import type { MessageHook } from '../contract/message-hook';
import type { MessageResult } from '../contract/results';
import { Conversation } from '../messages/conversation';
import { encodeBody } from '../messages/message-body';
import type { UserMessage, UserMessageTaken } from '../protocol/protocol';
import type { LogFields, Logger } from '../record/logger';

export interface EmbeddedConversationDeps {
  readonly workerId: number;
  readonly hookOfServer: () => MessageHook;
  readonly logger: Logger;
}

/**
 * Both ends of a conversation in one event loop. A message is copied here, too, and arrives after the call that sends
 * it: a program that works embedded also works as a process.
 */
export class EmbeddedConversation {
  readonly #atServer: Conversation;
  readonly #atWorker: Conversation;

  constructor({ workerId, hookOfServer, logger }: EmbeddedConversationDeps) {
    const later =
      (receive: (message: UserMessage | UserMessageTaken) => void) =>
      (message: UserMessage | UserMessageTaken): void =>
        void setImmediate(() => receive(message));
    const fields = (): LogFields => ({ workerId });
    this.#atServer = new Conversation({
      peer: () => 'the embedded worker',
      fields,
      post: later((message) => this.#atWorker.receive(message)),
      logger,
    });
    this.#atWorker = new Conversation({
      peer: () => 'the server',
      fields,
      post: later((message) => this.#atServer.receive(message)),
      logger,
    });
    this.#atServer.open(hookOfServer);
  }

  toWorker(body: Uint8Array): Promise<MessageResult> {
    return this.#atServer.send(body);
  }

  /** @throws ServerEngineError when it cannot be sent. */
  toServer(message: unknown): Promise<MessageResult> {
    return this.#atWorker.send(encodeBody(message));
  }

  /** run() was entered. */
  open(hookOfWorker: () => MessageHook): void {
    this.#atWorker.open(hookOfWorker);
  }

  /** The worker has ended. */
  close(): void {
    this.#atServer.close('the embedded worker has ended');
    this.#atWorker.close('this worker has ended');
  }
}
