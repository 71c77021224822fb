import type { LogCounts, LogSink } from './log-sink';

/** A sink that a reload can redirect while other code keeps writing to it. */
export class RedirectableSink implements LogSink {
  #sink: LogSink;
  #isCounting = false;
  /** The counts of the sinks before this one. */
  #past: LogCounts = { lines: 0, dropped: 0 };
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

  /** From now on everything goes there. The caller has opened it, so the old sink stays if that failed. */
  redirect(sink: LogSink): void {
    if (this.#dropNotice) sink.setDropNotice(this.#dropNotice);
    if (this.#isCounting) sink.counts?.();
    this.#sink.close();
    this.#past = this.#sum();
    this.#sink = sink;
  }

  counts(): LogCounts {
    this.#isCounting = true;
    return this.#sum();
  }

  #sum(): LogCounts {
    const { lines, dropped } = (this.#isCounting && this.#sink.counts?.()) || { lines: 0, dropped: 0 };
    return { lines: this.#past.lines + lines, dropped: this.#past.dropped + dropped };
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
