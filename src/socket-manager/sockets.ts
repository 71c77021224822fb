import { lookup } from 'node:dns/promises';
import net from 'node:net';
import type { SocketQuery } from '../common/socket-query';
import { socketError, type HeldSocket } from '../sockets/held-socket';
import { isOpen } from '../sockets/socket-descriptor';
import type { SocketProtocol } from './protocol';
import { currentSource } from '../sockets/socket-manager-source';
import { socketKey, SocketRegistry, type SocketSource } from '../sockets/socket-registry';

const IPV6_ONLY = 1;

// The servers of the engine count theirs from 0 upwards: port 0 of a manager is never one of them.
const PORT_0_INDEX = 1_000_000;

/** A socket that a manager holds, and the query that it answers. */
export interface ManagedSocket {
  readonly query: SocketQuery;
  readonly held: HeldSocket;
}

/**
 * The sockets of one manager. In the server process of an engine the engine's registry holds them, so that listenTcp
 * and a live restart know them, too; anywhere else they belong to the manager.
 */
export class ManagedSockets {
  readonly #own: SocketRegistry | undefined;
  readonly #source: SocketSource;
  readonly #known = new Map<string, ManagedSocket>();
  readonly #inOrder: ManagedSocket[] = [];

  constructor() {
    const engines = currentSource();
    this.#own = engines ? undefined : new SocketRegistry();
    this.#source = engines ?? (this.#own as SocketRegistry);
  }

  /** @throws Node's own error when the address cannot be bound or the name is unknown. */
  async listen(protocol: SocketProtocol, bind: string, port: number): Promise<HeldSocket> {
    const query = await toQuery(protocol, bind, port);
    const known = this.#known.get(socketKey(query, 0));
    // The engine has closed what it held: its final stop has begun.
    if (known && isOpen(known.held.handle)) return known.held;
    const held = await this.#source.open(query, port === 0 ? PORT_0_INDEX : 0);
    if (typeof held === 'number') throw socketError(held, 'bind', query);
    // Another client may have asked meanwhile: the registry gave both the same socket.
    this.#remember({ query, held });
    const { port: chosen } = held.sockname;
    if (port === 0 && typeof chosen === 'number') this.#adoptAs({ ...query, port: chosen }, held);
    return held;
  }

  /** Undefined: there are fewer sockets. */
  at(index: number): ManagedSocket | undefined {
    const socket = this.#inOrder[index];
    return socket && isOpen(socket.held.handle) ? socket : undefined;
  }

  /** A copy of a socket of another manager. */
  adopt({ query, held }: ManagedSocket): void {
    this.#adoptAs(query, held);
  }

  /** Closes the manager's own sockets. The engine's registry closes with the engine. */
  close(): void {
    this.#own?.closeAll();
    this.#known.clear();
    this.#inOrder.length = 0;
  }

  #adoptAs(query: SocketQuery, held: HeldSocket): void {
    if (this.#remember({ query, held })) this.#source.alias(held, query);
  }

  #remember(socket: ManagedSocket): boolean {
    const key = socketKey(socket.query, 0);
    if (this.#known.has(key)) return false;
    this.#known.set(key, socket);
    this.#inOrder.push(socket);
    this.#source.keep(socket.held, true);
    return true;
  }
}

async function toQuery(protocol: SocketProtocol, bind: string, port: number): Promise<SocketQuery> {
  const literal = net.isIP(bind);
  const { address, family } = literal === 0 ? await lookup(bind) : { address: bind, family: literal };
  // Without it '::' would take the port of '0.0.0.0', too.
  const flags = family === 6 ? IPV6_ONLY : 0;
  if (protocol === 'udp') return { address, port, addressType: family === 6 ? 'udp6' : 'udp4', flags };
  return { address, port, addressType: family === 6 ? 6 : 4, flags };
}
