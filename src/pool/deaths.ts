import { sleep, type Clock } from '../common/clock';
import { messageOf } from '../common/errors';
import { isIntended, traitsOf, type EndReason, type KillReason } from '../contract/end-reasons';
import type { DeathRecord } from '../contract/status';
import { oomKillsSeen, type OomKills } from '../dump/oom-kills';
import { LogBlock } from '../record/log-block';
import type { LogFields, Logger } from '../record/logger';
import {
  EMBEDDED_FAILED,
  howItEnded,
  shortageIn,
  type ChildExit,
  type EmbeddedEnd,
} from '../watch/child-exit';
import { LastWordsReading } from './last-words-reading';
import { refusedFlags } from './refused-flags';
import { shortageOfMemory } from './shortage-of-memory';
import type { WorkerHandle, WorkerIdentity } from './worker-handle';

// A program that the worker left behind may hold the pipes open. The record is not delayed longer than this.
const FINAL_LINES_MS = 50;

const MOST_KEPT = 20;

export interface DeathsDeps {
  readonly group: string;
  /** How the log names a worker: "worker 2". */
  readonly nameOf: (workerId: number) => string;
  /** Fields of every record: the group, if there are several. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly isUnrecoverable: (code: number) => boolean;
  readonly onDeath: (record: DeathRecord) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Past = Pick<WorkerHandle, 'startedAt' | 'pid' | 'reason'> & Partial<WorkerHandle>;

/** Writes the record of each worker's end to the log, the events and the status. Runs in the server process. */
export class Deaths {
  readonly #deps: DeathsDeps;
  readonly #lastWords = new LastWordsReading();
  readonly #lastOf = new Map<number, DeathRecord>();
  #records: readonly DeathRecord[] = [];
  #crashedAt: number | undefined;
  #oomKills: OomKills | undefined;
  /** When each worker began to stop. */
  readonly #stopsSince = new WeakMap<object, number>();
  /** Worker ids whose last start failed because a system resource ran out. */
  readonly #short = new Set<number>();

  constructor(deps: DeathsDeps) {
    this.#deps = deps;
  }

  /** The latest deaths, oldest first. */
  get records(): readonly DeathRecord[] {
    return this.#records;
  }

  /** The last crash on the monotonic clock; the records have wall-clock time. */
  get crashedAt(): number | undefined {
    return this.#crashedAt;
  }

  lastOf(workerId: number): DeathRecord | undefined {
    return this.#lastOf.get(workerId);
  }

  /**
   * Called after the first start: OOM kills that are counted from then on may be ours. Doing this earlier would delay
   * the first start.
   */
  begin(): void {
    this.#oomKills ??= oomKillsSeen();
  }

  /** A worker was told to stop, or has begun to stop by itself. Only the first call counts. */
  stops(handle: WorkerHandle): void {
    if (!this.#stopsSince.has(handle)) this.#stopsSince.set(handle, this.#deps.clock.now());
  }

  /**
   * A worker has ended. Resolves when its record is in the log: the worker's output before an unexpected end is part of
   * it.
   * @param heapFill how full its heap was, if it was recycled for that.
   */
  report(who: WorkerIdentity, exit: ChildExit, handle: WorkerHandle, heapFill?: number): Promise<void> {
    const endedAt = this.#deps.clock.now();
    const reported = (async () => {
      if (!isExpected(exit, handle.reason) && !exit.embedded) {
        await Promise.race([handle.drained, sleep(this.#deps.clock, FINAL_LINES_MS)]);
      }
      this.#report(who, exit, endedAt, handle, heapFill);
    })();
    this.#lastWords.add(handle.drained);
    this.#lastWords.add(reported);
    return reported;
  }

  reportFailedStart(who: WorkerIdentity, spawnError: Error, startedAt: number): void {
    const exit = { code: null, signal: null, spawnError };
    this.#report(who, exit, this.#deps.clock.now(), { startedAt, pid: undefined, reason: undefined });
  }

  /** Resolves when the records of all ended workers are in the log, or after a limit. */
  allReported(): Promise<void> {
    return this.#lastWords.allRead(this.#deps.clock);
  }

  #report(
    { workerId, generation }: WorkerIdentity,
    exit: ChildExit,
    endedAt: number,
    past: Past,
    heapFill?: number,
  ): void {
    const { group, clock, onDeath } = this.#deps;
    const isUnexpected = !isExpected(exit, past.reason);
    const stopsSince = this.#stopsSince.get(past);
    const lines = isUnexpected ? (past.lastWords?.lines() ?? []) : [];
    const isKilled = exit.signal === 'SIGKILL' && past.reason === undefined;
    const isKilledForMemory = isKilled && (this.#oomKills?.take(clock.now()) ?? false);
    const memory = past.reason === undefined ? shortageOfMemory(exit, isKilledForMemory, lines) : undefined;
    const hang = past.reason === 'heartbeat_timeout' ? past.hang : undefined;
    const record: DeathRecord = {
      group,
      workerId,
      generation,
      pid: past.pid,
      reason: reasonOf(exit, past.reason, memory !== undefined, this.#deps.isUnrecoverable),
      code: exit.code,
      signal: exit.signal,
      uptimeMs: Math.round(endedAt - past.startedAt),
      drainMs: stopsSince === undefined ? undefined : Math.round(endedAt - stopsSince),
      rssBytes: isUnexpected ? past.figures?.().rssBytes : undefined,
      likelyCause: memory ?? hang?.why ?? recycledFor(heapFill) ?? refusedFlags(exit, lines),
      hang: hang?.kind,
      lastLines: lines.length === 0 ? undefined : lines,
      leftProcesses: exit.leftProcesses,
      error: messageOfEnd(exit),
      at: clock.wallTime(),
    };
    if (record.reason !== undefined && traitsOf(record.reason).isCrash) this.#crashedAt = endedAt;
    this.#log(record, exit, past.reason);
    this.#lastOf.set(workerId, record);
    this.#records = [...this.#records, record].slice(-MOST_KEPT);
    onDeath(record);
  }

  /** Writes one record per death: info for a clean or wanted end, otherwise an error with everything that is known. */
  #log(record: DeathRecord, exit: ChildExit, killReason: KillReason | undefined): void {
    const { logger, nameOf, fields: common } = this.#deps;
    const { workerId, pid, generation, reason, uptimeMs, rssBytes, likelyCause, lastLines } = record;
    const name = nameOf(workerId);
    // It is 0 for most workers: then the field is left out.
    const leftProcesses = record.leftProcesses || undefined;
    const fields = { workerId, pid, generation, reason, uptimeMs, leftProcesses, ...common };
    if (exit.embedded) {
      logEmbeddedEnd(logger, exit.embedded, fields);
      return;
    }
    if (exit.spawnError) {
      this.#logFailedStart(name, workerId, { ...fields, error: exit.spawnError }, exit.spawnError);
      return;
    }
    this.#short.delete(workerId);
    const unasked = killReason === undefined ? ' unexpectedly' : '';
    const sentence = `${name} finished${unasked} with ${howItEnded(exit)}`;
    if (isExpected(exit, killReason)) {
      logger.info(sentence, { ...fields, likelyCause });
      return;
    }
    logger[traitsOf(reason ?? 'crash').level](sentence, {
      ...fields,
      rssMb: rssBytes === undefined ? undefined : Math.round(rssBytes / 2 ** 20),
      likelyCause,
      lastLines: lastLines && new LogBlock(lastLines),
    });
  }

  /** Logs only once which resource is short, with the cure, because the start is repeated. */
  #logFailedStart(name: string, workerId: number, fields: LogFields, error: Error): void {
    const { logger } = this.#deps;
    const sentence = `${name} could not be started`;
    const shortage = shortageIn(error);
    if (!shortage) logger.error(sentence, fields);
    else if (this.#short.has(workerId)) logger.debug(`${sentence}, still`, { ...fields, ...shortage });
    else logger.error(`${sentence}; the server tries again until it can`, { ...fields, ...shortage });
    if (shortage) this.#short.add(workerId);
  }
}

function recycledFor(heapFill: number | undefined): string | undefined {
  return heapFill === undefined
    ? undefined
    : `its JavaScript heap was nearly full (${Math.round(heapFill * 100)} %)`;
}

/** An embedded worker may return from run() in normal operation. */
function logEmbeddedEnd(logger: Logger, end: EmbeddedEnd, fields: LogFields): void {
  switch (end.kind) {
    case 'returned':
      return;
    case 'failed':
      logger.error(EMBEDDED_FAILED, { ...fields, error: end.error });
      return;
    case 'left_behind': {
      const { limitMs, isReplaced } = end;
      const consequence = isReplaced ? 'the next one starts next to it' : 'the server ends without it';
      logger.error(`the embedded worker did not end; ${consequence}`, { limitMs, ...fields });
    }
  }
}

function messageOfEnd({ spawnError, embedded }: ChildExit): string | undefined {
  return embedded?.kind === 'failed' ? messageOf(embedded.error) : spawnError?.message;
}

/** A clean or wanted end needs no explanation. */
function isExpected(exit: ChildExit, reason: KillReason | undefined): boolean {
  return exit.spawnError === undefined && (exit.code === 0 || isIntended(reason));
}

/** Undefined: the worker returned by itself, with status 0. */
function reasonOf(
  { code, spawnError }: ChildExit,
  killReason: KillReason | undefined,
  isShortOfMemory: boolean,
  isUnrecoverable: (code: number) => boolean,
): EndReason | undefined {
  if (killReason !== undefined) return killReason;
  if (isShortOfMemory) return 'oom';
  if (code !== null && isUnrecoverable(code)) return 'unrecoverable';
  return code === 0 && !spawnError ? undefined : 'crash';
}
