import type { Clock, ClockTimer } from '../common/clock';
import { isWished } from '../contract/end-reasons';
import { endedByItself } from '../process/process-monitor';
import type { WorkerEnd } from './worker-ends';
import type { StartedWorker } from './worker-slot';

/**
 * undecided: no worker has come up yet; `failed` counts how often each has ended before that.
 * up: one has. failed: as many as could show it have tried twice, and none has.
 */
export type StartState =
  | { readonly kind: 'undecided'; readonly failed: ReadonlyMap<number, number> }
  | { readonly kind: 'up' }
  | { readonly kind: 'failed' };

export type StartEvent =
  | { readonly kind: 'up' }
  /** `needed`: so many different workers must have failed, each twice; Infinity: it is tried for ever. */
  | { readonly kind: 'failed'; readonly workerId: number; readonly needed: number };

// The first restart is immediate, and what was wrong may have been gone by then.
const TRIES = 2;

export function stepStart(state: StartState, event: StartEvent): StartState {
  if (state.kind !== 'undecided') return state;
  if (event.kind === 'up') return { kind: 'up' };
  const failed = new Map(state.failed).set(event.workerId, (state.failed.get(event.workerId) ?? 0) + 1);
  const hopeless = [...failed.values()].filter((times) => times >= TRIES).length;
  return hopeless >= event.needed ? { kind: 'failed' } : { kind: 'undecided', failed };
}

/** One worker that failed before any was up. */
export interface FailedStart {
  readonly why: string;
  /** The last lines that it wrote. */
  readonly lastWords: readonly string[];
}

/** In full, for who reads no log. */
export function failedStartText({ why, lastWords }: FailedStart): string {
  return lastWords.length === 0 ? why : `${why}; its last words:\n    ${lastWords.join('\n    ')}`;
}

export interface FirstStartDeps {
  /** How many different workers must have failed. */
  readonly needed: () => number;
  readonly onUp: () => void;
  /** A worker has failed, none is up yet. */
  readonly onTried: (failed: FailedStart) => void;
  /** The start has failed. */
  readonly onFailed: (failed: FailedStart) => void;
  readonly isUnrecoverable: (code: number) => boolean;
  readonly clock: Clock;
}

/** A run() that throws, or cannot listen, does so a moment after it was entered: only then is a worker up. */
export const SETTLING_MS = 200;

/** Whether the workers come up at all: what is wrong with the first ones is wrong with all that follow. */
export class FirstStart {
  readonly #deps: FirstStartDeps;
  #state: StartState = { kind: 'undecided', failed: new Map() };
  readonly #settling = new Map<StartedWorker, ClockTimer>();
  readonly #over = new WeakSet<StartedWorker>();

  constructor(deps: FirstStartDeps) {
    this.#deps = deps;
  }

  started(started: StartedWorker): void {
    if (this.#state.kind !== 'undecided') return;
    void started.ready.then(() => {
      if (this.#over.has(started) || this.#state.kind !== 'undecided') return;
      const timer = this.#deps.clock.after(SETTLING_MS, () => this.#up(), { unref: true });
      this.#settling.set(started, timer);
    });
  }

  ended(workerId: number, started: StartedWorker, { exit }: WorkerEnd): void {
    if (this.#state.kind !== 'undecided') return;
    this.#over.add(started);
    this.#settling.get(started)?.cancel();
    this.#settling.delete(started);
    const { handle, reported } = started;
    const isRunning = started.phase.kind !== 'starting';
    if (isWished(handle.reason)) return;
    // It has done what it had to do, or somebody has ended it.
    if (isRunning && (exit.code === 0 || !endedByItself(exit))) this.#up();
    if (!endedByItself(exit)) return;
    if (exit.spawnError) {
      this.notStarted(workerId, exit.spawnError);
      return;
    }
    const how = exit.signal === null ? `status ${String(exit.code)}` : `signal ${exit.signal}`;
    const because = handle.reason === undefined ? '' : ` (${handle.reason})`;
    void reported.then(() => {
      const why = `worker ${workerId} ended with ${how}${because} before it was up`;
      const failed = { why, lastWords: handle.lastWords.lines() };
      this.#failed(workerId, failed, exit.code !== null && this.#deps.isUnrecoverable(exit.code));
    });
  }

  notStarted(workerId: number, error: Error): void {
    const why = `worker ${workerId} could not be started: ${error.message}`;
    this.#failed(workerId, { why, lastWords: [] }, false);
  }

  #up(): void {
    if (this.#state.kind !== 'undecided') return;
    this.#state = stepStart(this.#state, { kind: 'up' });
    for (const timer of this.#settling.values()) timer.cancel();
    this.#settling.clear();
    this.#deps.onUp();
  }

  /** @param hasOwnRule what follows from its status is decided elsewhere. */
  #failed(workerId: number, failed: FailedStart, hasOwnRule: boolean): void {
    if (this.#state.kind !== 'undecided') return;
    const needed = hasOwnRule ? Infinity : this.#deps.needed();
    this.#state = stepStart(this.#state, { kind: 'failed', workerId, needed });
    this.#deps.onTried(failed);
    if (this.#state.kind === 'failed') this.#deps.onFailed(failed);
  }
}
