import { isSocketQuery } from '../common/socket-query';
import { isForwarded } from '../contract/events';
import type { ServerState } from '../contract/status';
import {
  hasNothingMore,
  isCount,
  isFields,
  isGivenUp,
  isMessageOf,
  isText,
  type MessageChecks,
  type MessageFields,
} from './check-message';
import type { ServerMessage } from './server-protocol';

const STATES: Readonly<Record<ServerState, true>> = {
  preparing: true,
  running: true,
  draining: true,
  stopping: true,
  finished: true,
};

/**
 * One of possibly several sockets for the same query. An index below 0 is a socket on a free port, each a different
 * one.
 */
const isPlace = ({ query, index }: MessageFields): boolean =>
  isSocketQuery(query) && Number.isSafeInteger(index);

const CHECKS: MessageChecks<ServerMessage> = {
  takes_commands: hasNothingMore,
  answer: ({ id, result }) => isCount(id) && isFields(result) && typeof result['ok'] === 'boolean',
  metrics: ({ id, metrics }) => isCount(id) && Array.isArray(metrics) && metrics.every(isFields),
  status: ({ id, status }) => isCount(id) && isFields(status),
  event: ({ event, payload }) => isForwarded(event) && isFields(payload),
  state: ({ state }) => isText(state) && Object.hasOwn(STATES, state),
  up: ({ tellsFirstRound }) => tellsFirstRound === undefined || tellsFirstRound === true,
  first_round: ({ result }) =>
    isFields(result) && typeof result['ok'] === 'boolean' && isCount(result['replaced']),
  failed: ({ reason, isHopeless }) => isText(reason) && typeof isHopeless === 'boolean',
  trying: ({ reason }) => isText(reason),
  unrecoverable: hasNothingMore,
  socket: (fields) => isCount(fields['id']) && isPlace(fields),
  socket_dropped: isPlace,
  socket_given_up: isGivenUp,
  socket_path: isPlace,
  sockets_let_go: ({ id, forOthers }) =>
    isCount(id) && Array.isArray(forOthers) && forOthers.every((one) => isFields(one) && isPlace(one)),
};

/** Whether a server process of this version sends such a message. */
export function isServerMessage(raw: unknown): raw is ServerMessage {
  return isMessageOf(CHECKS, raw);
}
