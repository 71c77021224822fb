/** One request of the client. Times are milliseconds after the kill. */
export interface Ask {
  readonly askedMs: number;
  readonly answeredMs: number;
  /** The worker that answered, or undefined when the request failed. */
  readonly workerId: number | undefined;
}

/** One process that ran as a worker. */
export interface Life {
  readonly workerId: number;
  readonly pid: number;
  /** Undefined when it started before the recording. */
  readonly startedMs?: number | undefined;
  readonly listeningMs?: number | undefined;
  /** Undefined when it lived until the end of the recording. */
  readonly endedMs?: number | undefined;
}

/** The requests and worker processes around the kill of a worker. */
export interface Recording {
  /** The machine in words: a busy one heals later. */
  readonly where: string;
  readonly supervisorPid: number;
  readonly serverPid: number;
  readonly killed: number;
  readonly lives: readonly Life[];
  readonly asks: readonly Ask[];
  readonly fromMs: number;
  readonly toMs: number;
}
