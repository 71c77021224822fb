/** One request of the client. Times are milliseconds after the kill. */
export interface Ask {
  readonly askedMs: number;
  readonly answeredMs: number;
  /** The worker that answered. Undefined: the request failed. */
  readonly workerId: number | undefined;
}

/** One process that ran as a worker. */
export interface Life {
  readonly workerId: number;
  readonly pid: number;
  /** Undefined: before the recording began. */
  readonly startedMs?: number | undefined;
  readonly listeningMs?: number | undefined;
  /** Undefined: it lived until the end of the recording. */
  readonly endedMs?: number | undefined;
}

/** What was seen while a worker was killed. */
export interface Recording {
  /** The machine, in words: a busy one heals later. */
  readonly where: string;
  readonly supervisorPid: number;
  readonly serverPid: number;
  readonly killed: number;
  readonly lives: readonly Life[];
  readonly asks: readonly Ask[];
  readonly fromMs: number;
  readonly toMs: number;
}
