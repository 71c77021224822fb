import type { LogSink } from './log-sink';
import type { LogFormat } from './record';
import type { RecordSender } from './record-sender';

/** The sink of a server under a supervisor: it sends everything to the supervisor, which writes it. */
export class SenderSink implements LogSink {
  readonly target = 'file';
  readonly isTerminal: boolean;
  readonly #sender: RecordSender;

  readonly recordFormat: LogFormat | undefined;

  /** @param top the log of the main process: whether it is a terminal decides on colors. */
  constructor(sender: RecordSender, top: Pick<LogSink, 'isTerminal' | 'recordFormat'>) {
    this.#sender = sender;
    this.isTerminal = top.isTerminal;
    this.recordFormat = top.recordFormat;
  }

  /** A complete record. */
  write(chunk: string | Buffer): void {
    this.#sender.write(chunk.toString());
  }

  writeRecords(records: Buffer): void {
    this.#sender.writeEncoded(records);
  }

  reopen(): void {}

  flush(): void {}

  close(): void {
    this.#sender.flushSync();
  }

  setDropNotice(): void {}
}
