import dgram from 'node:dgram';
import net from 'node:net';
import { resolve } from 'node:path';
import type { ListenTcpOptions, ListenUdpOptions, ListenUnixOptions } from '../contract/server-control';
import type { SharedSocketDescriptor } from '../protocol/protocol';
import { forgiveSecondClose, replaceClose } from '../node-internals/server-hooks';
import { modeFor, type SocketQuery } from '../common/socket-query';
import { onceQueueIsEmpty } from './accept-queued';
import { socketError, type HeldSocket } from './held-socket';
import type { SocketSource } from './socket-registry';
import { rememberHandle } from './socket-descriptor';
import { isAbstract } from './unix-path';
import { whenUsed } from './when-used';

const DESCRIPTORS = new WeakMap<object, SharedSocketDescriptor>();

/** How a worker opens its end of a socket that came from listenTcp, listenUdp or listenUnix. */
export function descriptorOf(socket: object): SharedSocketDescriptor | undefined {
  return DESCRIPTORS.get(socket);
}

const IPV6_ONLY = 1;

/**
 * listenTcp, listenUdp and listenUnix of a Server: bound and held here, while the workers accept. An embedded worker
 * lives in this process: the first listener that it adds makes this very socket accept.
 */
export class ServerSockets {
  readonly #source: SocketSource;
  /** The sockets from which this process accepts. */
  readonly #accepting = new Set<net.Server>();
  #ephemeral = 0;

  constructor(source: SocketSource) {
    this.#source = source;
  }

  async listenTcp(options: ListenTcpOptions): Promise<net.Server> {
    const { address, family } = await resolveHost(options.host, 4);
    const ipv6Only = options.ipv6Only ?? false;
    const query: SocketQuery = {
      address,
      port: options.port,
      addressType: family === 6 ? 6 : 4,
      flags: ipv6Only ? IPV6_ONLY : 0,
      name: options.name,
    };
    const { held, port } = await this.#open(query);
    const backlog = options.backlog;
    const server = net.createServer();
    describe(server, held, {
      protocol: 'tcp',
      address,
      port,
      addressType: query.addressType,
      ipv6Only,
      backlog,
    });
    whenUsed(server, 'connection', () => {
      this.#source.lend(held);
      this.#accepting.add(server);
      server.listen(held.handle, backlog);
    });
    return server;
  }

  /**
   * The stop: resolves when this process has accepted what was queued, and accepts no more; undefined: it never
   * accepted.
   */
  acceptNoMore(): Promise<unknown> | undefined {
    const accepting = [...this.#accepting].filter((server) => server.listening);
    this.#accepting.clear();
    if (accepting.length === 0) return undefined;
    return Promise.all(accepting.map(closeOnceEmpty));
  }

  async listenUnix(options: ListenUnixOptions): Promise<net.Server> {
    const address = isAbstract(options.path) ? options.path : resolve(options.path);
    const query: SocketQuery = {
      address,
      port: -1,
      addressType: -1,
      mode: modeFor(options),
      name: options.name,
    };
    const { held } = await this.#open(query);
    const server = net.createServer();
    const backlog = options.backlog;
    describe(server, held, {
      protocol: 'unix',
      address,
      port: -1,
      addressType: -1,
      ipv6Only: false,
      backlog,
    });
    whenUsed(server, 'connection', () => {
      // Node can take over a TCP handle but not a pipe: this process accepts, so the holder gives the socket up.
      this.#source.release(query);
      this.#accepting.add(server);
      server.listen({ ...options, path: address });
    });
    return server;
  }

  async listenUdp(options: ListenUdpOptions): Promise<dgram.Socket> {
    const resolved = await resolveHost(options.host, options.type === 'udp6' ? 6 : 4);
    const addressType = options.type ?? (resolved.family === 6 ? 'udp6' : 'udp4');
    const address = resolved.address ?? (addressType === 'udp6' ? '::' : '0.0.0.0');
    const query: SocketQuery = { address, port: options.port, addressType, name: options.name };
    const { held, port } = await this.#open(query);
    const socket = dgram.createSocket(addressType);
    describe(socket, held, {
      protocol: 'udp',
      address,
      port,
      addressType,
      ipv6Only: false,
      backlog: undefined,
    });
    whenUsed(socket, 'message', () => {
      this.#source.release({ ...query, port });
      socket.bind({ port, address });
    });
    return socket;
  }

  /**
   * With port 0 the system chooses: the socket is known by that port from then on. Each listen on port 0 is a separate
   * socket, and a restarted server that asks in the same order gets the same ones. The indexes count downwards: those
   * from 0 upwards belong to sockets that workers open themselves.
   */
  async #open(query: SocketQuery): Promise<{ held: HeldSocket; port: number }> {
    const index = query.port === 0 ? (this.#ephemeral -= 1) : 0;
    const held = await this.#source.open(query, index);
    if (typeof held === 'number')
      throw socketError(held, query.addressType === -1 ? 'listen' : 'bind', query);
    this.#source.keep(held);
    const chosen = held.sockname['port'];
    const port = typeof chosen === 'number' ? chosen : query.port;
    if (query.port !== port) this.#source.alias(held, { ...query, name: undefined, port });
    return { held, port };
  }
}

function closeOnceEmpty(server: net.Server): Promise<void> {
  return new Promise((resolve) => {
    onceQueueIsEmpty(server, () => {
      if (server.listening) server.close();
      // Its owner need not know that we closed it first.
      replaceClose(server, (close) => (callback) => {
        return close(callback && forgiveSecondClose(callback));
      });
      resolve();
    });
  });
}

function describe(
  socket: net.Server | dgram.Socket,
  held: HeldSocket,
  descriptor: SharedSocketDescriptor,
): void {
  DESCRIPTORS.set(socket, descriptor);
  rememberHandle(socket, held.handle);
  // Bound already, but Node's object does not know it yet: `address().port` after `port: 0` must work.
  const known = socket.address.bind(socket) as () => unknown;
  const early = descriptor.protocol === 'unix' ? descriptor.address : held.sockname;
  Object.defineProperty(socket, 'address', {
    configurable: true,
    value: () => {
      try {
        return known() ?? early;
      } catch {
        return early;
      }
    },
  });
}

async function resolveHost(
  host: string | undefined,
  family: 4 | 6,
): Promise<{ address: string | undefined; family: number }> {
  if (host === undefined) return { address: undefined, family };
  const literal = net.isIP(host);
  if (literal !== 0) return { address: host, family: literal };
  const { lookup } = await import('node:dns/promises');
  return lookup(host);
}
