import { backoff, type BackoffSettings } from '../common/backoff';
import { isShortage, type EmbeddedEnd } from '../watch/child-exit';

export interface RestartSettings extends BackoffSettings {
  /** A worker that dies sooner after its start than this died early. */
  readonly backoffResetMs: number;
  /** Minimum time between any death and the next start. */
  readonly restartWorkerIntervalMs: number;
  readonly unrecoverableExitCodes: readonly number[];
}

/** What a slot remembers from one worker to the next. */
export interface RestartHistory {
  /** Early deaths in a row. */
  readonly earlyDeaths: number;
}

export interface WorkerExit {
  /** Exit status; null if a signal ended the worker. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly startedAt: number;
  readonly endedAt: number;
  /** We asked the worker to end, for a restart. */
  readonly expected: boolean;
  /** Why the worker could not be started. */
  readonly spawnError?: Error | undefined;
  /** Set for an embedded worker. */
  readonly embedded?: EmbeddedEnd | undefined;
}

export type RestartDecision =
  | { readonly kind: 'restart'; readonly at: number; readonly history: RestartHistory }
  | { readonly kind: 'unrecoverable'; readonly status: number };

export const NO_HISTORY: RestartHistory = { earlyDeaths: 0 };

/**
 * Decides whether and when the slot of a dead worker gets its next worker. A clean exit counts as a death like any
 * other: otherwise a worker whose `run` returns at once would be started in a hot loop.
 */
export function decideRestart(
  history: RestartHistory,
  exit: WorkerExit,
  settings: RestartSettings,
  random: () => number,
): RestartDecision {
  if (exit.code !== null && settings.unrecoverableExitCodes.includes(exit.code)) {
    return { kind: 'unrecoverable', status: exit.code };
  }
  const next = nextHistory(history, exit, settings);
  const backoffMs = exit.expected ? 0 : backoff(next.earlyDeaths, settings, random);
  return {
    kind: 'restart',
    at: exit.endedAt + Math.max(backoffMs, settings.restartWorkerIntervalMs),
    history: next,
  };
}

function nextHistory(history: RestartHistory, exit: WorkerExit, settings: RestartSettings): RestartHistory {
  if (exit.endedAt - exit.startedAt >= settings.backoffResetMs) return NO_HISTORY;
  return exit.expected ? history : { earlyDeaths: history.earlyDeaths + 1 };
}

/** Whether an end counts for maxRestarts. run() of an embedded worker may return: it is called again. */
export function isCrash(exit: Pick<WorkerExit, 'expected' | 'spawnError' | 'embedded'>): boolean {
  return !exit.expected && exit.embedded?.kind !== 'returned' && !isShortage(exit.spawnError);
}

export interface CrashLimit {
  /** 0: no limit. */
  readonly maxRestarts: number;
  readonly periodMs: number;
}

export interface CrashRecord {
  /** Crashes that still count; never more than maxRestarts + 1. */
  readonly times: readonly number[];
  /** There were more crashes than maxRestarts within the period. */
  readonly exceeded: boolean;
}

/** Adds a crash of any worker to those that still count. */
export function recordCrash(crashTimes: readonly number[], now: number, limit: CrashLimit): CrashRecord {
  if (limit.maxRestarts <= 0) return { times: [], exceeded: false };
  const times = [...crashTimes.filter((time) => now - time <= limit.periodMs), now].slice(
    -(limit.maxRestarts + 1),
  );
  return { times, exceeded: times.length > limit.maxRestarts };
}
