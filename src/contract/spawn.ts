import type { ChildProcess, SpawnOptions } from 'node:child_process';
import type dgram from 'node:dgram';
import type net from 'node:net';

/** A program that was started for a worker: what Worker.spawn() returns. */
export interface SpawnedProcess {
  /** Undefined: it could not be started. */
  readonly pid: number | undefined;
  /** Node's own object. Its exit is watched by the engine, which starts the next one. */
  readonly child: ChildProcess;
}

/** Environment variables over those of the server; undefined removes one. */
export type SpawnEnv = Readonly<Record<string, string | undefined>>;

/** The options of child_process.spawn, and some of ours. */
export interface SpawnWorkerOptions extends SpawnOptions {
  /**
   * Sockets that the program gets as descriptors 3, 4… with their count in LISTEN_FDS: of listenTcp, listenUdp and
   * listenUnix, or of a socket manager. Default: none.
   */
  readonly sockets?: readonly (net.Server | dgram.Socket)[];
  /** The program may ask socket managers: it gets their token. Default: it does not inherit it. */
  readonly socketManager?: boolean;
}

/** Starts the program of a spawn worker: what `Worker.spawn()` is given. */
export interface SpawnManager {
  /**
   * Starts a program. Returns at once; return its result from `Worker.spawn()`.
   * @param args of the program. Default: none.
   * @param options of child_process.spawn, and `sockets`, `socketManager`.
   * @throws {ServerEngineError} Thrown when an argument is not what it should be (ERR_SPAWN).
   */
  spawn(command: string, args?: readonly string[], options?: SpawnWorkerOptions): SpawnedProcess;
  /** The same without arguments. */
  spawn(command: string, options: SpawnWorkerOptions): SpawnedProcess;
  /** The same with environment variables, over those of the server. */
  spawn(
    env: SpawnEnv,
    command: string,
    args?: readonly string[],
    options?: SpawnWorkerOptions,
  ): SpawnedProcess;
  /** The same with environment variables and without arguments. */
  spawn(env: SpawnEnv, command: string, options: SpawnWorkerOptions): SpawnedProcess;
}
