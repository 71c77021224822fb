import type { Socket as UdpSocket } from 'node:dgram';
import type { Server as NetServer } from 'node:net';

/**
 * starting: process made, run() not yet entered · running: in run() · stopping: told to stop · draining: it accepts nothing
 * new and finishes what it has begun, while another has its id · exited: gone · waiting: to be started.
 */
export type WorkerState = 'starting' | 'running' | 'stopping' | 'draining' | 'exited' | 'waiting';

/** One worker as the server sees it at this moment. */
export interface WorkerView {
  readonly workerId: number;
  readonly pid: number | undefined;
  readonly state: WorkerState;
  /** Counts the starts under this worker id, from 1. */
  readonly generation: number;
  readonly uptimeMs: number;
}

export interface ListenTcpOptions {
  /** Default: every address. */
  readonly host?: string;
  /** 0: the system chooses one; every worker sees the same. */
  readonly port: number;
  /** Connections that may wait to be accepted. Default 511. */
  readonly backlog?: number;
  /** Listen on IPv6 only. Default false. */
  readonly ipv6Only?: boolean;
}

export interface ListenUdpOptions {
  /** Default: every IPv4 address. */
  readonly host?: string;
  readonly port: number;
  /** Default: by the address, udp4 for a name. */
  readonly type?: 'udp4' | 'udp6';
}

export interface ListenUnixOptions {
  /** Of a file, or on Linux an abstract name, which begins with '\\0'. */
  readonly path: string;
  /** Everybody may read from it. Default: what the umask leaves. */
  readonly readableAll?: boolean;
  /** Everybody may write to it, which it takes to connect. Default: what the umask leaves. */
  readonly writableAll?: boolean;
  /** Connections that may wait to be accepted. Default 511. */
  readonly backlog?: number;
}

/** What a Server object needs of the engine. */
export interface ServerControl {
  stop(graceful: boolean): void;
  restart(graceful: boolean): void;
  /** Reads the configuration again; resolves with whether it was taken. */
  reloadConfig(): Promise<boolean>;
  reloadWorkers(): void;
  dump(): void;
  scale(workers: number): void;
  workers(): readonly WorkerView[];
  listenTcp(options: ListenTcpOptions): Promise<NetServer>;
  listenUdp(options: ListenUdpOptions): Promise<UdpSocket>;
  listenUnix(options: ListenUnixOptions): Promise<NetServer>;
}
