/** The answer of one worker to the question for its program's metrics. */
export interface ProgramMetricsAnswer {
  /**
   * The contents of the default registry of its prom-client, as JSON. Undefined: the program has not loaded
   * prom-client.
   */
  readonly text?: string | undefined;
  /** The registry threw, because a collector of the program is broken; or it holds too much. */
  readonly isBroken?: true;
}

/** The same, as the process above has it. */
export interface ProgramMetrics extends ProgramMetricsAnswer {
  /** Identifies this one start of a worker. */
  readonly key: string;
  /** It did not answer in time. */
  readonly isSilent?: true;
}
