import net from 'node:net';
import type { Clock, ClockTimer } from '../common/clock';
import type { RawHandle } from '../common/raw-handle';
import type { SocketQuery } from '../common/socket-query';
import { KeptHandle } from '../node-internals/kept-handle';
import { aroundBeginning, giveHandle, listeningHandle } from '../node-internals/listening-handle';
import { closeListeningSocket } from '../node-internals/server-hooks';
import { boundAddress, overlaps, type BoundAddress } from '../sockets/address-overlap';
import { toQuery, type QueryMessage } from '../sockets/cluster-query';
import { socketKey } from '../sockets/socket-registry';
import { UNWANTED_MS } from '../sockets/socket-users';
import { idOf } from '../sockets/unix-file';
import { hasFile } from '../sockets/unix-path';

/** A worker that opens servers. */
export interface SocketOwner {
  /** It has ended, or ends to be replaced: the sockets that it closes are for the next worker. */
  readonly leavesSockets: boolean;
  /** Its server has stopped accepting: help the clients of keep-alive connections to leave. */
  drain(server: net.Server): void;
}

/** A listening socket, with a server or between two servers. */
interface Seat {
  readonly handle: KeptHandle;
  readonly key: string;
  /** Undefined: a unix socket, or a descriptor. */
  readonly place: BoundAddress | undefined;
  /** For a unix socket: its path, and the file that was there. */
  readonly file: { readonly path: string; readonly id: string | undefined } | undefined;
  owner: SocketOwner;
  server: net.Server;
  isKept: boolean;
}

/**
 * The listening sockets of embedded workers. A socket that a worker closes because it is replaced stays open for the
 * next worker that listens on the same address; a socket that an ended worker has left open is taken from it. So no
 * connection is refused while a worker restarts.
 */
export class EmbeddedSockets {
  readonly #clock: Clock;
  readonly #owners = new WeakMap<net.Server, SocketOwner>();
  readonly #seats = new Map<RawHandle, Seat>();
  /** Connections that arrived on sockets that are closed by now, for the server that listens there. */
  readonly #carried = new Map<net.Server, RawHandle[]>();
  readonly #endWatch: () => void;
  #unwanted: ClockTimer | undefined;
  #isOver = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#endWatch = aroundBeginning((server, place, listen) => this.#begin(server, place, listen));
  }

  /** A server of that worker is about to listen. */
  add(server: net.Server, owner: SocketOwner): void {
    this.#owners.set(server, owner);
  }

  /** Returns the socket that an earlier worker has left for this address. */
  take(asker: object, question: QueryMessage): RawHandle | undefined {
    const query = queryOf(question);
    const owner = asker instanceof net.Server ? this.#owners.get(asker) : undefined;
    if (!query || !owner || this.#isOver) return undefined;
    const server = asker as net.Server;
    const [seat] = this.#left(owner).filter((left) => isSame(left, query));
    for (const left of this.#left(owner))
      if (left !== seat && isInTheWay(left, query)) this.#giveUp(left, server);
    if (!seat) return undefined;
    vacate(seat);
    Object.assign(seat, { owner, server, isKept: false });
    seat.handle.reopen();
    return seat.handle.raw;
  }

  /** A worker runs: sockets that it does not ask for soon are closed. */
  allAreUp(): void {
    this.#unwanted?.cancel();
    this.#unwanted = this.#clock.after(UNWANTED_MS, () => this.#closeKept(), { unref: true });
  }

  /** No more workers will start. */
  close(): void {
    this.#isOver = true;
    this.#unwanted?.cancel();
    this.#endWatch();
    this.#closeKept();
    for (const connections of this.#carried.values())
      for (const connection of connections) connection.close();
    this.#carried.clear();
  }

  #begin(server: net.Server, question: QueryMessage, listen: () => void): void {
    const owner = this.#owners.get(server);
    const query = queryOf(question);
    if (!owner || !query || this.#isOver) {
      listen();
      return;
    }
    const taken = listeningHandle(server) ? undefined : this.take(server, question);
    if (taken) giveHandle(server, taken);
    listen();
    const raw = listeningHandle(server);
    const carried = this.#carried.get(server) ?? [];
    this.#carried.delete(server);
    if (!raw) {
      for (const connection of carried) connection.close();
      return;
    }
    const { handle } = this.#seats.get(raw) ?? this.#seat(raw, query, owner, server);
    // Like any other connection, only after the caller of listen() has run its next steps.
    setImmediate(() => {
      for (const connection of [...carried, ...handle.takeWaiting()]) handle.deliver(connection);
    });
  }

  #seat(raw: RawHandle, query: SocketQuery, owner: SocketOwner, server: net.Server): Seat {
    const sockname = {};
    raw.getsockname?.(sockname);
    const seat: Seat = {
      handle: new KeptHandle(raw, () => this.#isKeptAtClose(seat)),
      key: socketKey(query, 0),
      place: boundAddress(query, sockname),
      file: hasFile(query) ? { path: query.address, id: idOf(query.address) } : undefined,
      owner,
      server,
      isKept: false,
    };
    this.#seats.set(raw, seat);
    return seat;
  }

  /** Its server is closed, or has moved to another socket. */
  #isKeptAtClose(seat: Seat): boolean {
    const { handle, owner, server } = seat;
    const isClosed = listeningHandle(server) === handle.raw;
    seat.isKept = isClosed && !this.#isOver && owner.leavesSockets;
    if (!seat.isKept) this.#seats.delete(handle.raw);
    // The next worker gets its time.
    else this.#unwanted?.cancel();
    return seat.isKept;
  }

  /** The sockets that this worker may take. */
  #left(owner: SocketOwner): readonly Seat[] {
    return [...this.#seats.values()].filter(
      (seat) => seat.isKept || (seat.owner !== owner && seat.owner.leavesSockets),
    );
  }

  #giveUp(seat: Seat, server: net.Server): void {
    vacate(seat);
    const carried = this.#carried.get(server) ?? [];
    this.#carried.set(server, [...carried, ...seat.handle.takeWaiting()]);
    this.#drop(seat);
  }

  #closeKept(): void {
    for (const seat of [...this.#seats.values()]) if (seat.isKept) this.#drop(seat);
  }

  #drop({ handle }: Seat): void {
    this.#seats.delete(handle.raw);
    handle.close();
  }
}

function queryOf(question: QueryMessage): SocketQuery | undefined {
  const query = toQuery(question, undefined);
  // A server that was given a handle.
  const isNowhere = query?.addressType === -1 && query.address === undefined && query.fd === undefined;
  return isNowhere ? undefined : query;
}

/** The server that has it gives it up; the connections of that server live on. */
function vacate({ isKept, owner, server }: Seat): void {
  if (isKept) return;
  closeListeningSocket(server);
  owner.drain(server);
}

/** The file must still be there, too: some programs remove it before they listen. */
function isSame({ key, file }: Seat, query: SocketQuery): boolean {
  return key === socketKey(query, 0) && (!file || idOf(file.path) === file.id);
}

/** The system would not let both listen. */
function isInTheWay({ key, place }: Seat, query: SocketQuery): boolean {
  if (key === socketKey(query, 0)) return query.port !== 0;
  const wanted = boundAddress(query);
  return wanted !== undefined && place !== undefined && overlaps(wanted, place);
}
