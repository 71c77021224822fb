import { sleep, type Clock } from '../common/clock';
import { OomKills } from '../diagnostics/oom-kills';
import type { Logger } from '../logging/logger';
import type { ChildExit } from '../process/process-monitor';
import { isExpected, reportExit } from './exit-report';
import { LastWordsReading } from './last-words-reading';
import type { WorkerHandle, WorkerIdentity } from './worker-handle';

export interface WorkerEnd {
  readonly exit: ChildExit;
  readonly endedAt: number;
}

// A program that it left behind may hold the pipes open: the log must not stay silent for that.
const FINAL_LINES_MS = 50;

/** The log's record of each worker's end. Runs in the server process. */
export class WorkerEnds {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #oomKills: OomKills | undefined;
  readonly #lastWords = new LastWordsReading();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** `ended`: at once. `reported`: what it wrote before an unexpected end belongs into the record of it. */
  follow(who: WorkerIdentity, handle: WorkerHandle): { ended: Promise<WorkerEnd>; reported: Promise<void> } {
    // There has been a start: what it counts from now on may be ours. Before, it would hold up the first one.
    this.#oomKills ??= new OomKills();
    const ended = handle.exited.then((exit) => ({ exit, endedAt: this.#clock.now() }));
    const reported = ended.then(async (end) => {
      if (!isExpected(end.exit, handle.reason)) {
        await Promise.race([handle.drained, sleep(this.#clock, FINAL_LINES_MS)]);
      }
      this.#report(who, end, handle);
    });
    this.#lastWords.add(handle.drained);
    this.#lastWords.add(reported);
    return { ended, reported };
  }

  reportFailedStart(who: WorkerIdentity, end: WorkerEnd, startedAt: number): void {
    this.#report(who, end, { startedAt, pid: undefined, reason: undefined });
  }

  /** Until the log has what there is to say of those that have ended; bounded. */
  allReported(): Promise<void> {
    return this.#lastWords.allRead(this.#clock);
  }

  #report(
    who: WorkerIdentity,
    { exit, endedAt }: WorkerEnd,
    past: Pick<WorkerHandle, 'startedAt' | 'pid' | 'reason'> & Partial<WorkerHandle>,
  ): void {
    const { pid, reason, startedAt, rssBytes, lastWords } = past;
    reportExit(this.#logger, {
      ...who,
      exit,
      pid,
      reason,
      uptimeMs: endedAt - startedAt,
      rssBytes,
      lastLines: lastWords?.lines() ?? [],
      hasOomKill: exit.signal === 'SIGKILL' && reason === undefined && (this.#oomKills?.haveRisen() ?? false),
    });
  }
}
