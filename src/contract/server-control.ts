import type { Socket as UdpSocket } from 'node:dgram';
import type { Server as NetServer } from 'node:net';

/**
 * starting: process made, run() not yet entered · running: in run() · stopping: told to stop · draining: it accepts nothing
 * new and finishes what it has begun, while another has its id · exited: gone · waiting: to be started.
 */
export type WorkerState = 'starting' | 'running' | 'stopping' | 'draining' | 'exited' | 'waiting';

/** One worker as the server sees it at this moment. */
export interface WorkerView {
  /** 0 to workers - 1. A replacement has the id of the worker it replaces. */
  readonly workerId: number;
  /** Of the process; of the server for a thread or an embedded worker. Undefined while there is none. */
  readonly pid: number | undefined;
  /** What it is doing at this moment. */
  readonly state: WorkerState;
  /** Counts the starts under this worker id, from 1. */
  readonly generation: number;
  /** Since its start, in milliseconds; 0 while it waits to be started. */
  readonly uptimeMs: number;
}

/** Where to listen. The engine holds the socket for all workers. */
export interface ListenTcpOptions {
  /** Default: every address. */
  readonly host?: string;
  /** 0: the system chooses one; every worker sees the same. */
  readonly port: number;
  /** Connections that may wait to be accepted. Default 511. */
  readonly backlog?: number;
  /** Listen on IPv6 only. Default false. */
  readonly ipv6Only?: boolean;
  /**
   * Of a socket that systemd passes (socket activation, `FileDescriptorName=`): it is taken in place of what the other
   * options say. Where none of this name was passed, they hold.
   */
  readonly name?: string | undefined;
}

/** Where to take datagrams. The engine holds the socket for all workers. */
export interface ListenUdpOptions {
  /** Default: every IPv4 address. */
  readonly host?: string;
  /** 0: the system chooses one; every worker sees the same. */
  readonly port: number;
  /** Default: by the address, udp4 for a name. */
  readonly type?: 'udp4' | 'udp6';
  /**
   * Of a socket that systemd passes (socket activation, `FileDescriptorName=`): it is taken in place of what the other
   * options say. Where none of this name was passed, they hold.
   */
  readonly name?: string | undefined;
}

/** Where to listen on a unix socket. The engine holds it for all workers. */
export interface ListenUnixOptions {
  /** Of a file, or on Linux an abstract name, which begins with '\\0'. */
  readonly path: string;
  /** Everybody may read from it. Default: what the umask leaves. */
  readonly readableAll?: boolean;
  /** Everybody may write to it, which it takes to connect. Default: what the umask leaves. */
  readonly writableAll?: boolean;
  /** Connections that may wait to be accepted. Default 511. */
  readonly backlog?: number;
  /**
   * Of a socket that systemd passes (socket activation, `FileDescriptorName=`): it is taken in place of what the other
   * options say. Where none of this name was passed, they hold.
   */
  readonly name?: string | undefined;
}

/** What a Server object needs of the engine. */
export interface ServerControl {
  /** Behind `Server.stop`. */
  stop(graceful: boolean): void;
  /** Behind `Server.restart`: replaces every worker, or those of a group. */
  restart(graceful: boolean, group?: string): void;
  /** Reads the configuration again; resolves with whether it was taken. */
  reloadConfig(): Promise<boolean>;
  /** Behind `Server.reload`: tells the workers of the configuration as it is now. */
  reloadWorkers(): void;
  /** Behind `Server.dump`. */
  dump(): void;
  /** Behind `Server.scale`. */
  scale(workers: number): void;
  /** Behind `Server.workers`. */
  workers(): readonly WorkerView[];
  /** Behind `Server.listenTcp`. */
  listenTcp(options: ListenTcpOptions): Promise<NetServer>;
  /** Behind `Server.listenUdp`. */
  listenUdp(options: ListenUdpOptions): Promise<UdpSocket>;
  /** Behind `Server.listenUnix`. */
  listenUnix(options: ListenUnixOptions): Promise<NetServer>;
}
