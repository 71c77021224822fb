import dgram from 'node:dgram';
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { systemClock, type ClockTimer } from '../common/clock';
import type { RawHandle } from '../common/raw-handle';
import type { GiveUpMessage, GiveUpOutcome, InsteadMessage, SocketName } from '../common/socket-moves';
import { replaceDatagramHandle, vacateDatagramHandle } from '../node-internals/datagram-handle';
import { replaceListeningHandle, vacateListeningHandle } from '../node-internals/listening-handle';
import { onceQueueIsEmpty } from '../sockets/accept-queued';
import type { AskedSocket } from './asked-sockets';

/** A server that has given up its socket, and waits for another one. */
interface Seat extends AskedSocket {
  isVacant: boolean;
  /** How often it was given another one. */
  moves: number;
  isClosed: boolean;
  /** Keeps the event loop alive meanwhile, as an open server does. When it fires, the server is closed. */
  waiting?: ClockTimer | undefined;
}

// Longer than the process above takes to wait for the slowest worker and to bind.
const LONGEST_MS = 20_000;

/** Replaces the handles of servers and datagram sockets, which go on as if nothing had happened. */
export class SocketMover {
  readonly #seats = new Map<number, Seat>();

  has(socket: SocketName, open: Iterable<AskedSocket>): boolean {
    return [...open].some((asked) => isNamed(asked, socket));
  }

  async giveUp(
    { seat, socket, isForced }: GiveUpMessage,
    open: Iterable<AskedSocket>,
  ): Promise<GiveUpOutcome> {
    const place = this.#seats.get(seat) ?? seatOf([...open].find((asked) => isNamed(asked, socket)));
    if (!place || isClosed(place)) return 'nothing';
    if (!this.#seats.has(seat)) place.socket.once('close', () => this.#seats.delete(seat));
    this.#seats.set(seat, place);
    if (place.isVacant) return 'given';
    const { moves } = place;
    await new Promise<void>((resolve) => onceQueueIsEmpty(place.socket, resolve));
    if (isClosed(place)) return 'nothing';
    // The queue took so long that the server has another socket by now.
    return place.moves !== moves || vacate(place, isForced) ? 'given' : 'refused';
  }

  instead({ seat }: InsteadMessage, handle: RawHandle | undefined, onClosed: () => void): void {
    const place = this.#seats.get(seat);
    if (!handle) {
      place?.waiting?.cancel();
      return;
    }
    if (!place || isClosed(place)) {
      handle.close();
      return;
    }
    place.waiting?.cancel();
    place.waiting = undefined;
    place.isVacant = false;
    place.moves += 1;
    const { socket, backlog } = place;
    const errno =
      socket instanceof net.Server
        ? replaceListeningHandle(socket, handle, backlog)
        : replaceDatagramHandle(socket, handle);
    socket.once('close', onClosed);
    // As its own listen() would.
    if (errno !== 0) socket.emit('error', failedListen(errno));
  }
}

function seatOf(asked: AskedSocket | undefined): Seat | undefined {
  if (!asked) return undefined;
  const seat: Seat = { ...asked, isVacant: false, moves: 0, isClosed: false };
  asked.socket.once('close', () => {
    seat.isClosed = true;
    seat.waiting?.cancel();
  });
  return seat;
}

function failedListen(errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`listen ${code}: on the socket that replaces another one`), {
    code,
    errno,
    syscall: 'listen',
  });
}

/** @param isForGood no other socket follows. */
function vacate(seat: Seat, isForGood: boolean): boolean {
  const { socket } = seat;
  const isDone = socket instanceof net.Server ? vacateListeningHandle(socket) : vacateDatagramHandle(socket);
  if (!isDone) return false;
  seat.isVacant = true;
  if (!isForGood) seat.waiting = systemClock.after(LONGEST_MS, () => socket.close());
  return true;
}

function isNamed({ socket }: AskedSocket, { isDatagram, address, port }: SocketName): boolean {
  if (socket instanceof dgram.Socket !== isDatagram) return false;
  try {
    const name = socket.address();
    return typeof name === 'object' && name !== null && name.address === address && name.port === port;
  } catch {
    // Closed.
    return false;
  }
}

/** A server emits 'close' only when its last connection has ended. */
function isClosed(seat: Seat): boolean {
  return seat.isClosed || (seat.socket instanceof net.Server && !seat.socket.listening);
}
