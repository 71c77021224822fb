import type { ChildProcess, SpawnOptions } from 'node:child_process';

/** A program that was started for a worker: what Worker.spawn() returns. */
export interface SpawnedProcess {
  /** Undefined: it could not be started. */
  readonly pid: number | undefined;
  readonly child: ChildProcess;
}

/** Environment variables over those of the server; undefined removes one. */
export type SpawnEnv = Readonly<Record<string, string | undefined>>;

/** Starts the program of a spawn worker. Options are those of child_process.spawn. */
export interface SpawnManager {
  spawn(command: string, args?: readonly string[], options?: SpawnOptions): SpawnedProcess;
  spawn(command: string, options: SpawnOptions): SpawnedProcess;
  spawn(env: SpawnEnv, command: string, args?: readonly string[], options?: SpawnOptions): SpawnedProcess;
  spawn(env: SpawnEnv, command: string, options: SpawnOptions): SpawnedProcess;
}
