import type { Subject } from '../common/subject';
import { Conversation } from '../messages/conversation';
import type { UserMessage, UserMessageTaken } from '../protocol/protocol';
import type { Logger } from '../record/logger';
import type { WorkerListener } from './worker-listener';

export interface ConversingWorker {
  readonly subject: Subject;
  readonly logger: Logger;
  readonly listener: WorkerListener;
}

/** The server's end of the messages between its program and that of a worker. */
export function openConversation(
  { subject, logger, listener }: ConversingWorker,
  post: (message: UserMessage | UserMessageTaken) => void,
  exited: Promise<unknown>,
): Conversation {
  const conversation = new Conversation({
    peer: () => subject.label,
    fields: () => subject.fields,
    post,
    logger,
  });
  // A worker in reserve has no Worker object that could send.
  conversation.open(() => listener.notices?.hook() ?? { owner: 'the server', call: undefined });
  void exited.then(() => conversation.close(`${subject.label} has ended`));
  return conversation;
}
