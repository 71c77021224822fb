import type { Socket as UdpSocket } from 'node:dgram';
import type { Server as NetServer } from 'node:net';
import type { BroadcastResult, MessageResult } from './results';

/**
 * starting: has a process, but has not entered run() · running: in run() · stopping: must stop · draining: accepts nothing
 * new and finishes what it has begun, while another worker has its id · exited: ended · waiting: not started yet.
 */
export type WorkerState = 'starting' | 'running' | 'stopping' | 'draining' | 'exited' | 'waiting';

/** One start of a worker, which can be talked to. `M`: what this server sends to workers. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a type any message can be sent
export interface WorkerPeer<M = any> {
  /** The group of the worker. */
  readonly group: string;
  /** 0 to workers - 1. A replacement has the id of the worker it replaces. */
  readonly workerId: number;
  /** The pid of the worker process; for a thread or an embedded worker that of the server. Undefined without a process. */
  readonly pid: number | undefined;
  /** Counts the starts under this worker id, from 1. */
  readonly generation: number;
  /**
   * Sends a copy of the message to onMessage() of this start of the worker; its replacement does not get it. Resolves when
   * the hook has handled it, or is not going to: `ok: false` with the reason. Never rejects.
   * @throws {ServerEngineError} Thrown if there can be no copy of the message, or it is larger than 4 MB, or the worker is
   *   another program (ERR_MESSAGE).
   */
  send(message: M): Promise<MessageResult>;
}

/** One worker in `server.workers`. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a type any message can be sent
export interface WorkerView<M = any> extends WorkerPeer<M> {
  /** The state of the worker. */
  readonly state: WorkerState;
  /** Time since its start, in milliseconds; 0 while it waits for a start. */
  readonly uptimeMs: number;
}

/** Which workers get a broadcast. */
export interface BroadcastOptions {
  /** The group of workers. Default: all groups. */
  readonly group?: string | undefined;
}

/** Where to listen. The engine holds the socket for all workers. */
export interface ListenTcpOptions {
  /** Default: every address. */
  readonly host?: string;
  /** With 0 the system chooses a port, the same for every worker. */
  readonly port: number;
  /** How many connections may wait to be accepted. Default 511. */
  readonly backlog?: number;
  /** Listen on IPv6 only. Default false. */
  readonly ipv6Only?: boolean;
  /**
   * The name of a socket that systemd passes (socket activation, `FileDescriptorName=`). That socket is used instead of the
   * other options. If systemd has passed no socket of this name, the other options count.
   */
  readonly name?: string | undefined;
}

/** Where to receive datagrams. The engine holds the socket for all workers. */
export interface ListenUdpOptions {
  /** Default: every IPv4 address. */
  readonly host?: string;
  /** With 0 the system chooses a port, the same for every worker. */
  readonly port: number;
  /** Default: the type of the address; udp4 for a host name. */
  readonly type?: 'udp4' | 'udp6';
  /**
   * The name of a socket that systemd passes (socket activation, `FileDescriptorName=`). That socket is used instead of the
   * other options. If systemd has passed no socket of this name, the other options count.
   */
  readonly name?: string | undefined;
}

/** Where to listen on a unix socket. The engine holds it for all workers. */
export interface ListenUnixOptions {
  /** The path of a file, or on Linux an abstract name, which begins with '\\0'. */
  readonly path: string;
  /** Everybody may read from the socket. Default: the umask decides. */
  readonly readableAll?: boolean;
  /** Everybody may write to the socket, which connecting needs. Default: the umask decides. */
  readonly writableAll?: boolean;
  /** How many connections may wait to be accepted. Default 511. */
  readonly backlog?: number;
  /**
   * The name of a socket that systemd passes (socket activation, `FileDescriptorName=`). That socket is used instead of the
   * other options. If systemd has passed no socket of this name, the other options count.
   */
  readonly name?: string | undefined;
}

/** What a Server object needs from the engine. */
export interface ServerControl {
  /** Implements `Server.stop`. */
  stop(graceful: boolean): void;
  /** Implements `Server.restart`: replaces every worker, or those of a group. */
  restart(graceful: boolean, group?: string): void;
  /** Reads the configuration again; resolves with whether the new one is in force. */
  reloadConfig(): Promise<boolean>;
  /** Implements `Server.reload`: passes the current configuration to the workers. */
  reloadWorkers(): void;
  /** Implements `Server.dump`. */
  dump(): void;
  /** Implements `Server.scale`. */
  scale(workers: number): void;
  /** Implements `Server.workers`. */
  workers(): readonly WorkerView[];
  /** Implements `Server.broadcast`. */
  broadcast(message: unknown, options?: BroadcastOptions): Promise<BroadcastResult>;
  /** Implements `Server.listenTcp`. */
  listenTcp(options: ListenTcpOptions): Promise<NetServer>;
  /** Implements `Server.listenUdp`. */
  listenUdp(options: ListenUdpOptions): Promise<UdpSocket>;
  /** Implements `Server.listenUnix`. */
  listenUnix(options: ListenUnixOptions): Promise<NetServer>;
}
