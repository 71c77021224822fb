import type { LogSink } from './log-sink';
import type { RecordSender } from './record-sender';

/** The sink of a server under a supervisor: everything goes up, the supervisor writes it. */
export class SenderSink implements LogSink {
  readonly target = 'file';
  readonly isTerminal: boolean;
  readonly #sender: RecordSender;

  /** @param isTerminal whether the log of the top process is a terminal: decides on colours. */
  constructor(sender: RecordSender, isTerminal: boolean) {
    this.#sender = sender;
    this.isTerminal = isTerminal;
  }

  /** A finished record. */
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
