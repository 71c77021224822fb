import type { LogFormat } from './record';

/** How much a sink has received since the first call of counts(). */
export interface LogCounts {
  readonly lines: number;
  /** How many of these lines were not written and will not be. */
  readonly dropped: number;
}

/** Where the records of the main process end up. Takes complete lines; never throws once it is open. */
export interface LogSink {
  write(chunk: string | Buffer): void;
  /** Records of a child, complete and still encoded as on the wire. */
  writeRecords(records: Buffer): void;
  /** Reopens the file, because it was renamed or deleted. Does nothing for the standard streams. */
  reopen(): void;
  /** Writes at once what was gathered in this tick. */
  flush(): void;
  close(): void;
  /** Sets the text for a gap of this many lines in the log. The logger sets it to its own format. */
  setDropNotice(notice: (lines: number) => string): void;
  /** Lines are counted from the first call on, because counting must look at every byte. */
  counts?(): LogCounts;
  readonly isTerminal: boolean;
  /** The format in which children must send their records, if not that of the config. */
  readonly recordFormat?: LogFormat | undefined;
  readonly target: 'stderr' | 'stdout' | 'file';
}
