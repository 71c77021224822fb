import { types } from 'node:util';
import { hasNothingMore, isCount, isGivenUp, isMessageOf, isText, type MessageChecks } from './check-message';
import { LONGEST_MESSAGE_BYTES, type ChildMessage } from './protocol';
import type { ThreadMessage } from './thread-protocol';

const OWNERS: readonly unknown[] = ['stray', 'program', 'other'];

const CHECKS: MessageChecks<ChildMessage> = {
  running: hasNothingMore,
  ready: hasNothingMore,
  prepared: hasNothingMore,
  entered: hasNothingMore,
  cannot_fork: ({ reason }) => isText(reason),
  ignored_ready: hasNothingMore,
  stopping: hasNothingMore,
  handles_term: hasNothingMore,
  listening: hasNothingMore,
  closed: ({ connections }) => isCount(connections),
  debugger: ({ url, whose }) => isText(url) && OWNERS.includes(whose),
  metrics: ({ id, text, isBroken }) =>
    isCount(id) && (text === undefined || isText(text)) && (isBroken === undefined || isBroken === true),
  socket_given_up: isGivenUp,
  socket_closed: ({ key }) => isText(key),
  user_message: ({ id, body }) =>
    isCount(id) && types.isUint8Array(body) && body.byteLength <= LONGEST_MESSAGE_BYTES,
  user_message_taken: ({ id, problem }) => isCount(id) && (problem === undefined || isText(problem)),
};

/** Whether a worker of this version sends such a message. */
export function isChildMessage(raw: unknown): raw is ChildMessage {
  return isMessageOf(CHECKS, raw);
}

const THREAD_CHECKS: MessageChecks<ThreadMessage> = {
  ...CHECKS,
  beat: hasNothingMore,
  record: ({ text }) => isText(text),
};

/** The same for a worker in a thread. */
export function isThreadMessage(raw: unknown): raw is ThreadMessage {
  return isMessageOf(THREAD_CHECKS, raw);
}
