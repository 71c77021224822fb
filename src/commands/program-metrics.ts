/** What one worker answers when it is asked what its program counts. */
export interface ProgramMetricsAnswer {
  /** What the default register of its prom-client holds, as JSON. Undefined: the program has not loaded prom-client. */
  readonly text?: string | undefined;
  /** The register threw: a collector of the program is broken. Or it holds too much. */
  readonly isBroken?: true;
}

/** The same, as the process above has it. */
export interface ProgramMetrics extends ProgramMetricsAnswer {
  /** Of this one start: no other has it. */
  readonly key: string;
  /** It did not answer in time. */
  readonly isSilent?: true;
}
