import dgram from 'node:dgram';
import net from 'node:net';
import { ServerEngineError } from '../common/errors';
import type { SharedSocketDescriptor } from '../protocol/protocol';
import { hasReusePort } from '../sockets/reuse-port';
import { whenUsed } from '../sockets/when-used';
import type { WorkerSockets } from './worker-host';

/**
 * The shared sockets of a thread. Node cannot pass a socket to a thread, so each thread opens its own on the same
 * address and port. Each begins to accept with its first listener.
 */
export class ThreadSockets implements WorkerSockets {
  readonly #onListening: () => void;

  /** @param onListening one of them accepts. */
  constructor(onListening: () => void = () => {}) {
    this.#onListening = onListening;
  }

  /** @throws ServerEngineError if threads cannot share a port. */
  open(socket: SharedSocketDescriptor): net.Server | dgram.Socket {
    if (socket.protocol === 'unix') {
      throw new ServerEngineError(
        'ERR_SOCKET',
        `The shared unix socket ${String(socket.address)} was read in a thread: threads cannot share one. ` +
          `Use process workers: workerType 'process'.`,
      );
    }
    if (!hasReusePort(process.versions.node, process.platform)) {
      throw new ServerEngineError(
        'ERR_SOCKET',
        `The shared ${socket.protocol} socket of port ${socket.port} was read in a thread: that needs reusePort, ` +
          `got Node ${process.versions.node} on ${process.platform}. ` +
          `Use Node 22.12 or newer on Linux, or process workers: workerType 'process'.`,
      );
    }
    return socket.protocol === 'udp' ? this.#openUdp(socket) : this.#openTcp(socket);
  }

  #openTcp({ address, port, ipv6Only, backlog }: SharedSocketDescriptor): net.Server {
    const server = net.createServer();
    server.once('listening', this.#onListening);
    whenUsed(server, 'connection', () => {
      const host = address === undefined ? {} : { host: address };
      const queue = backlog === undefined ? {} : { backlog };
      const options = { port, ipv6Only, reusePort: true, ...host, ...queue };
      server.listen(options);
    });
    return server;
  }

  #openUdp({ address, port, addressType }: SharedSocketDescriptor): dgram.Socket {
    const options = { type: addressType === 'udp6' ? ('udp6' as const) : ('udp4' as const), reusePort: true };
    const udp = dgram.createSocket(options);
    udp.once('listening', this.#onListening);
    whenUsed(udp, 'message', () => {
      udp.bind({ port, ...(address === undefined ? {} : { address }) });
    });
    return udp;
  }
}
