import type { LogSink } from './log-sink';

/** A sink that a reload can point elsewhere while everybody keeps writing to it. */
export class RedirectableSink implements LogSink {
  #sink: LogSink;
  #dropNotice: ((lines: number) => string) | undefined;

  constructor(sink: LogSink) {
    this.#sink = sink;
  }

  get isTerminal(): boolean {
    return this.#sink.isTerminal;
  }

  get recordFormat(): LogSink['recordFormat'] {
    return this.#sink.recordFormat;
  }

  get target(): LogSink['target'] {
    return this.#sink.target;
  }

  /** From now on everything goes there. The caller opened it, so the old one stays when that was not possible. */
  redirect(sink: LogSink): void {
    if (this.#dropNotice) sink.setDropNotice(this.#dropNotice);
    this.#sink.close();
    this.#sink = sink;
  }

  write(chunk: string | Buffer): void {
    this.#sink.write(chunk);
  }

  writeRecords(records: Buffer): void {
    this.#sink.writeRecords(records);
  }

  reopen(): void {
    this.#sink.reopen();
  }

  flush(): void {
    this.#sink.flush();
  }

  close(): void {
    this.#sink.close();
  }

  setDropNotice(notice: (lines: number) => string): void {
    this.#dropNotice = notice;
    this.#sink.setDropNotice(notice);
  }
}
