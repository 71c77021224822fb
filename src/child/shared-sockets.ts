import dgram from 'node:dgram';
import net from 'node:net';
import type { SharedSocketDescriptor } from '../protocol/protocol';
import { whenUsed } from '../sockets/when-used';
import type { WorkerSockets } from './worker-host';

/** The worker's ends of sockets that the server holds. Each begins to accept with its first listener. */
export class SharedSockets implements WorkerSockets {
  open(socket: SharedSocketDescriptor): net.Server | dgram.Socket {
    return socket.protocol === 'udp' ? this.#openUdp(socket) : this.#openStream(socket);
  }

  #openStream(socket: SharedSocketDescriptor): net.Server {
    const server = net.createServer();
    const backlog = socket.backlog === undefined ? {} : { backlog: socket.backlog };
    whenUsed(server, 'connection', () => {
      if (socket.protocol === 'unix') {
        server.listen({ path: socket.address ?? '', ...backlog });
      } else {
        const host = socket.address === undefined ? {} : { host: socket.address };
        server.listen({ port: socket.port, ipv6Only: socket.ipv6Only, ...host, ...backlog });
      }
    });
    return server;
  }

  #openUdp(socket: SharedSocketDescriptor): dgram.Socket {
    const udp = dgram.createSocket(socket.addressType === 'udp6' ? 'udp6' : 'udp4');
    whenUsed(udp, 'message', () => {
      udp.bind({ port: socket.port, ...(socket.address === undefined ? {} : { address: socket.address }) });
    });
    return udp;
  }
}
