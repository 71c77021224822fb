import type { LogFormat } from './record';

/** How much came to a sink, since somebody asked first. */
export interface LogCounts {
  readonly lines: number;
  /** Of these, lines that were not written and will not be. */
  readonly dropped: number;
}

/** Where the finished records of the main process end up. Takes whole lines; never throws once it is open. */
export interface LogSink {
  write(chunk: string | Buffer): void;
  /** Records of a child, whole and still encoded as on the wire. */
  writeRecords(records: Buffer): void;
  /** Reopens the file, because it was renamed or deleted. Does nothing for the standard streams. */
  reopen(): void;
  /** Writes at once what this tick has gathered. */
  flush(): void;
  close(): void;
  /** The text for a gap of this many lines in the log. The logger sets it to its own format. */
  setDropNotice(notice: (lines: number) => string): void;
  /** Lines are counted from the first question on: it costs a look at every byte. */
  counts?(): LogCounts;
  readonly isTerminal: boolean;
  /** The form in which children are to send their records, if not the one of the config. */
  readonly recordFormat?: LogFormat | undefined;
  readonly target: 'stderr' | 'stdout' | 'file';
}
