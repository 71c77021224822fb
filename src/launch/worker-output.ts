import { RecordRelay } from '../record/framing';
import { LastWords } from '../record/last-words';
import type { LogSettings } from '../protocol/protocol';
import { reportUnfinished } from './report-unfinished';
import { RawLines, type RawLinesDeps } from './raw-lines';
import type { WorkerSubject } from './worker-subject';
import type { Logger } from '../record/logger';

export interface WorkerOutputDeps extends Pick<RawLinesDeps, 'sink' | 'clock'> {
  readonly logger: Logger;
}

/** Routes the bytes of a worker process: complete records unchanged, raw output as records of its own. */
export class WorkerOutput {
  readonly lastWords = new LastWords();
  readonly onStdout: ((chunk: Buffer) => void) | undefined;
  readonly onStderr: ((chunk: Buffer) => void) | undefined;
  readonly #relay = new RecordRelay();
  readonly #raw: RawLines;
  readonly #deps: WorkerOutputDeps;
  readonly #subject: WorkerSubject;

  constructor(deps: WorkerOutputDeps, subject: WorkerSubject, pid: number | undefined, log: LogSettings) {
    this.#deps = deps;
    this.#subject = subject;
    this.#raw = new RawLines({ ...deps, subject, pid, format: log, lastWords: this.lastWords });
    this.onStdout = log.captureStdout ? this.#raw.onStdout : undefined;
    this.onStderr = log.captureStderr ? this.#raw.onStderr : undefined;
  }

  readonly onLog = (chunk: Buffer): void => {
    this.lastWords.push(chunk);
    const records = this.#relay.push(chunk);
    if (records) this.#deps.sink.writeRecords(records);
  };

  /** Nothing more will come. */
  flush(): void {
    reportUnfinished(this.#deps.logger, this.#subject, this.#relay.takeRest());
    this.#raw.flush();
  }
}
