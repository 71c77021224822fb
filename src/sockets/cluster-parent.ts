/**
 * Our own parent side behind Node's cluster child: a worker started with NODE_UNIQUE_ID asks its parent for every
 * listen() and bind() by an internal message. We answer with a held handle, so that unmodified servers share ports
 * and each worker accepts by itself. The only file that knows this internal protocol; stable since Node 0.12.
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
  /** Of a TLS server: the keys of its session tickets. With them in common, a client may resume at any worker. */
  readonly data?: unknown;
}

type Reply = (message: ClusterMessage, body: object, handle?: RawHandle, sent?: () => void) => void;

/** Where a worker says that it listens. */
export interface ListeningNotice {
  readonly address: string | undefined;
  readonly port: number;
}

/** Of a child that may have fewer rights than this process. */
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
    // A child that died meanwhile is no error of ours: its exit event says all there is to say.
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
        // A second server of this worker on the same key gets a socket of its own, as without us.
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
      case 'close':
        if (typeof message.key === 'string') user.close(message.key);
        reply(message, {});
        return;
      case 'listening':
        reply(message, {});
        onListening({
          address: typeof message.address === 'string' ? message.address : undefined,
          port: typeof message.port === 'number' ? message.port : 0,
        });
        return;
      default:
        // exitedAfterDisconnect: the child waits for the acknowledgement; online: nobody waits.
        if (message.seq !== undefined) reply(message, {});
    }
  });
}

/**
 * The final stop has begun, which the worker does not know yet: its listen() succeeds, and nothing ever comes. Without a
 * handle Node takes us for a parent that accepts for its workers, and makes a stand-in of its own.
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
