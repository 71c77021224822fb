import type dgram from 'node:dgram';
import type net from 'node:net';
import { messageOf } from '../common/errors';
import type { RawHandle } from '../common/raw-handle';
import type { GiveUpMessage, GiveUpOutcome, InsteadMessage } from '../common/socket-moves';
import type { SocketMover } from './moved-sockets';

/** A server or datagram socket that uses a handle of the process above. */
export interface AskedSocket {
  readonly socket: net.Server | dgram.Socket;
  /** As given to listen(). */
  readonly backlog: number | undefined;
}

/**
 * The servers and sockets of this process whose handles come from the process above, so that they can be moved to
 * others. The code that moves them is loaded on demand: most workers never need it.
 */
export class AskedSockets {
  readonly #open = new Set<AskedSocket>();
  #mover: Promise<SocketMover> | undefined;

  note(asker: object, { backlog }: { readonly backlog?: unknown }): void {
    const asked: AskedSocket = {
      socket: asker as net.Server | dgram.Socket,
      backlog: typeof backlog === 'number' ? backlog : undefined,
    };
    this.#open.add(asked);
    asked.socket.once('close', () => this.#open.delete(asked));
  }

  async has({ socket }: GiveUpMessage): Promise<boolean> {
    if (this.#open.size === 0) return false;
    try {
      return (await this.#moving()).has(socket, this.#open);
    } catch (error) {
      warnOfMissing(error);
      // As far as is known.
      return true;
    }
  }

  async giveUp(message: GiveUpMessage): Promise<GiveUpOutcome> {
    if (this.#open.size === 0) return 'nothing';
    try {
      return await (await this.#moving()).giveUp(message, this.#open);
    } catch (error) {
      warnOfMissing(error);
      return 'refused';
    }
  }

  async instead(message: InsteadMessage, handle: RawHandle | undefined, onClosed: () => void): Promise<void> {
    (await this.#moving()).instead(message, handle, onClosed);
  }

  /** A file that was missing may be there the next time. */
  #moving(): Promise<SocketMover> {
    this.#mover ??= import('./moved-sockets').then(({ SocketMover }) => new SocketMover());
    this.#mover.catch(() => {
      this.#mover = undefined;
    });
    return this.#mover;
  }
}

/** A deploy may have replaced the files of the package before they were loaded. This process keeps its sockets. */
function warnOfMissing(error: unknown): void {
  process.emitWarning(`a socket of this process cannot move to another address: ${messageOf(error)}`);
}
