import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { whenUsed } from '../sockets/when-used';
import { everyTick, GOODBYE_MS, later } from './drain-timing';

// An unmasked close frame with status 1001, "going away": RFC 6455, 5.5.1 and 7.4.1.
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/** The WebSockets of an http server, whichever library serves them. Each one is told that this end is going away. */
export class WebSocketDrain {
  readonly #server: Server;
  /** Each with how many bytes had been written to it before its handshake was answered. */
  readonly #open = new Map<Socket, number>();
  #isDraining = false;

  constructor(server: Server) {
    this.#server = server;
    if (server.listenerCount('upgrade') > 0) server.prependListener('upgrade', this.#note);
    else this.#noteFromFirstUse();
    // With a listener for upgrades Node no longer answers them itself: ours must not be the only one.
    server.on('removeListener', (event: string) => {
      if (event !== 'upgrade' || server.listenerCount('upgrade') !== 1) return;
      if (server.listeners('upgrade')[0] !== this.#note) return;
      server.off('upgrade', this.#note);
      this.#noteFromFirstUse();
    });
  }

  begin(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#sayGoodbye();
    everyTick(this.#server, () => this.#sayGoodbye());
  }

  #noteFromFirstUse(): void {
    whenUsed(this.#server, 'upgrade', () => this.#server.on('upgrade', this.#note));
  }

  readonly #note = (request: IncomingMessage, stream: Duplex): void => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return;
    if (!isSocket(stream)) return;
    this.#open.set(stream, stream.bytesWritten);
    stream.once('close', () => this.#open.delete(stream));
  };

  #sayGoodbye(): void {
    for (const [socket, before] of this.#open) {
      // Its handshake is not answered yet: the client could not read a frame before that.
      if (socket.bytesWritten === before) continue;
      this.#open.delete(socket);
      if (socket.writable) socket.write(GOING_AWAY);
      later(GOODBYE_MS, () => socket.destroy());
    }
  }
}

function isSocket(stream: Duplex): stream is Socket {
  return 'bytesWritten' in stream;
}
