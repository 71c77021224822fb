/**
 * The parent side of Node's cluster child: a worker that is started with NODE_UNIQUE_ID asks its parent for every
 * listen() and bind() by an internal message. We answer with a held handle, so that unmodified servers share ports and
 * each worker accepts by itself. The only file that knows this internal protocol, which has been stable since Node
 * 0.12.
 */
import type { ChildProcess } from 'node:child_process';
import type { Asker } from '../common/as-identity';
import { onInternalMessage } from '../node-internals/marked-messages';
import type { SocketQuery } from '../common/socket-query';
import { toQuery, type QueryMessage } from './cluster-query';
import { ECANCELED, standInForDatagrams, type RawHandle } from './held-socket';
import { socketKey } from './socket-registry';
import type { SocketUser } from './socket-user';

/** Makes Node take its cluster-worker path in the child. */
export const CLUSTER_ENV = 'NODE_UNIQUE_ID';

interface ClusterMessage extends QueryMessage {
  readonly cmd?: string;
  readonly act: string;
  readonly seq?: number;
  readonly key?: unknown;
  /** For a TLS server: the keys of its session tickets. If they are shared, a client may resume at any worker. */
  readonly data?: unknown;
}

type Reply = (message: ClusterMessage, body: object, handle?: RawHandle, sent?: () => void) => void;

/** Where a worker reports that it listens. */
export interface ListeningNotice {
  readonly address: string | undefined;
  readonly port: number;
}

/** For a child that may have fewer rights than this process. */
export interface AskerLimits {
  readonly asker: Asker;
  /** It may not have that socket. */
  readonly onRefused: (query: SocketQuery) => void;
}

const EACCES = -13;
const EINVAL = -22;

export function answerSocketQueries(
  child: ChildProcess,
  user: SocketUser,
  onListening: (notice: ListeningNotice) => void,
  limits?: AskerLimits,
): void {
  const reply: Reply = (message, body, handle, sent = () => {}) => {
    if (!child.connected) {
      sent();
      return;
    }
    // A child that died meanwhile is no error of ours: its exit is reported anyway.
    child.send({ cmd: 'NODE_CLUSTER', ack: message.seq, ...body }, handle as never, sent);
  };
  onInternalMessage(child, (raw) => {
    const message = raw as ClusterMessage;
    if (message.cmd !== 'NODE_CLUSTER') return;
    switch (message.act) {
      case 'queryServer': {
        const query = toQuery(message, limits?.asker);
        if (!query) {
          reply(message, { errno: EINVAL });
          return;
        }
        let index = 0;
        // A second server of this worker on the same key gets its own socket, as in plain Node.
        while (user.has(query, index)) index += 1;
        const key = socketKey(query, index);
        void user.open(query, index).then((answer) => {
          if (answer === EACCES) limits?.onRefused(query);
          const data = user.common(key, message.data);
          if (answer === ECANCELED) replyTooLate(message, query, key, reply);
          else if (typeof answer === 'number') reply(message, { errno: answer, key, data });
          else reply(message, { errno: 0, key, sockname: answer.sockname, data }, answer.handle);
        });
        return;
      }
      // The child waits for no answer to these three, and Node's own parent gives none.
      case 'online':
        return;
      case 'close':
        if (typeof message.key === 'string') user.close(message.key);
        return;
      case 'listening':
        onListening({
          address: typeof message.address === 'string' ? message.address : undefined,
          port: typeof message.port === 'number' ? message.port : 0,
        });
        return;
      default:
        // exitedAfterDisconnect: the child waits for the acknowledgement.
        if (message.seq !== undefined) reply(message, {});
    }
  });
}

/**
 * The final stop has begun, and the worker does not know yet: its listen() succeeds, and no connection ever comes.
 * Without a handle Node assumes a parent that accepts for its workers, and makes a stand-in itself.
 */
function replyTooLate(message: ClusterMessage, query: SocketQuery, key: string, reply: Reply): void {
  const { address, port, addressType } = query;
  const sockname = { address, port, family: addressType === 6 ? 'IPv6' : 'IPv4' };
  if (addressType !== 'udp4' && addressType !== 'udp6') {
    reply(message, { errno: 0, key, sockname });
    return;
  }
  const handle = standInForDatagrams(addressType);
  if (typeof handle === 'number') reply(message, { errno: handle, key });
  else reply(message, { errno: 0, key, sockname }, handle, () => handle.close());
}
