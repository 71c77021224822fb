import type { ChildProcess, SpawnOptions } from 'node:child_process';
import type dgram from 'node:dgram';
import type net from 'node:net';

/** A program that was started for a worker: the result of Worker.spawn(). */
export interface SpawnedProcess {
  /** Undefined if the program could not be started. */
  readonly pid: number | undefined;
  /** Node's own object. The engine watches its exit and starts the next program. */
  readonly child: ChildProcess;
}

/** Environment variables that are added to those of the server; undefined removes a variable. */
export type SpawnEnv = Readonly<Record<string, string | undefined>>;

/** The options of child_process.spawn, plus those of the engine. */
export interface SpawnWorkerOptions extends SpawnOptions {
  /**
   * Sockets that the program gets as descriptors 3, 4… with their count in LISTEN_FDS. They come from listenTcp, listenUdp and
   * listenUnix, or from a socket manager. Default: none.
   */
  readonly sockets?: readonly (net.Server | dgram.Socket)[];
  /** Passes the token of socket managers to the program, so that it can be their client. Default: false. */
  readonly socketManager?: boolean;
}

/** Starts the program of a spawn worker: the parameter of `Worker.spawn()`. */
export interface SpawnManager {
  /**
   * Starts a program. Returns at once; return its result from `Worker.spawn()`.
   * @param args of the program. Default: none.
   * @param options of child_process.spawn, plus `sockets` and `socketManager`.
   * @throws {ServerEngineError} Thrown if an argument is wrong (ERR_SPAWN).
   */
  spawn(command: string, args?: readonly string[], options?: SpawnWorkerOptions): SpawnedProcess;
  /** The same without arguments. */
  spawn(command: string, options: SpawnWorkerOptions): SpawnedProcess;
  /** The same with environment variables that are added to those of the server. */
  spawn(
    env: SpawnEnv,
    command: string,
    args?: readonly string[],
    options?: SpawnWorkerOptions,
  ): SpawnedProcess;
  /** The same with environment variables and without arguments. */
  spawn(env: SpawnEnv, command: string, options: SpawnWorkerOptions): SpawnedProcess;
}
