import { poolDueAt } from '../../../src/pool/due';
import { ownerOf } from '../../../src/pool/pool-draft';
import type { PoolAction, PoolEvent, PoolNews } from '../../../src/pool/pool-events';
import type { Measure } from '../../../src/pool/recycles';
import { newPool, type PoolSettings, type PoolState, type Serial } from '../../../src/pool/pool-state';
import { stepPool } from '../../../src/pool/step-pool';

export const SETTINGS: PoolSettings = {
  workers: 1,
  // No measurements except the limits that a test sets.
  workerType: 'spawn',
  acceptBalance: false,
  startWorkerConcurrency: 4,
  startWorkerDelayMs: 0,
  startWorkerDelayRand: 0.2,
  restartStrategy: 'rolling',
  restartConcurrency: 1,
  restartLingerMs: 0,
  workerReadyTimeoutMs: 30_000,
  workerGracefulKillTimeoutMs: 600_000,
  unrecoverableExitCodes: [3],
  stopImmediatelyAtUnrecoverableExit: false,
  restartBackoffMinMs: 100,
  restartBackoffMaxMs: 30_000,
  restartBackoffResetMs: 10_000,
  restartWorkerIntervalMs: 0,
  maxRestarts: 0,
  maxRestartsPeriodMs: 60_000,
  standbyWorkers: 0,
  workerMaxMemory: undefined,
  workerMaxAgeMs: undefined,
  workerMaxJobs: undefined,
};

interface Launched {
  readonly serial: Serial;
  readonly workerId: number;
  readonly generation: number;
}

/** The environment of a pool: pending launches, and workers that live. */
export class PoolWorld {
  readonly settings: PoolSettings;
  readonly launching = new Map<Serial, Launched>();
  readonly living = new Map<Serial, Launched>();
  /** Standbys that were requested, that live, and that were told to end. */
  readonly asked = new Set<Serial>();
  readonly reserve = new Set<Serial>();
  readonly ended = new Set<Serial>();
  measures = 0;
  /** The last pause that each worker was told. */
  readonly pauses = new Map<Serial, number>();
  readonly told = new Map<Serial, Extract<PoolAction, { kind: 'tell_to_stop' }>>();
  readonly news: PoolNews[] = [];
  readonly answers: Extract<PoolAction, { kind: 'answer' }>[] = [];
  readonly ends: Extract<PoolAction, { kind: 'end' }>[] = [];
  readonly actions: PoolAction[] = [];
  mustComeUp = false;
  now = 1_000_000;
  state: PoolState;
  #progress = { replaced: 0, left: 0 };

  constructor(settings: Partial<PoolSettings> = {}) {
    this.settings = { ...SETTINGS, ...settings };
    this.state = newPool(this.settings.workers);
  }

  take(event: PoolEvent): readonly PoolAction[] {
    const { state, actions } = stepPool(this.state, event, this.moment());
    this.state = state;
    this.actions.push(...actions);
    for (const action of actions) this.#perform(action);
    return actions;
  }

  moment() {
    const { settings, now, mustComeUp } = this;
    return { now, settings, mustComeUp, random: () => 0.5, group: 'Web' };
  }

  dueAt(): number {
    return poolDueAt(this.state, this.moment());
  }

  /** Time passes, and the pool steps whenever it is due. */
  advance(ms: number): void {
    const until = this.now + ms;
    for (let dueAt = this.dueAt(); dueAt <= until; dueAt = this.dueAt()) {
      this.now = dueAt;
      this.take({ kind: 'look' });
    }
    this.now = until;
    this.take({ kind: 'look' });
  }

  /** The start has given a worker. */
  launched(serial: Serial): void {
    const one = this.launching.get(serial);
    if (!one) throw new Error(`no launch ${serial}`);
    this.launching.delete(serial);
    this.living.set(serial, one);
    this.take({ kind: 'launched', serial, pid: 1000 + serial, startedAt: this.now });
  }

  standbyLaunched(serial: Serial): void {
    this.asked.delete(serial);
    this.reserve.add(serial);
    this.take({ kind: 'launched', serial, pid: 1000 + serial, startedAt: this.now });
  }

  standbyReady(serial: Serial): void {
    this.take({ kind: 'standby_ready', serial });
  }

  standbyExited(serial: Serial, code = 0): void {
    this.reserve.delete(serial);
    this.ended.delete(serial);
    this.take({ kind: 'exited', serial, exit: { code, signal: null }, reason: undefined });
  }

  /** Every standby becomes ready. */
  fillReserve(): void {
    for (const serial of this.asked) {
      this.standbyLaunched(serial);
      this.standbyReady(serial);
    }
  }

  /** It hangs, and its watch is ending it. */
  givenUp(serial: Serial, isListening = true): void {
    const action = { kind: 'tell_to_stop', serial, graceful: false, isHurried: false } as const;
    if (!this.told.has(serial)) this.told.set(serial, { ...action, reason: 'heartbeat_timeout' });
    this.take({ kind: 'given_up', serial, reason: 'heartbeat_timeout', isListening });
  }

  measured(measures: readonly (readonly [Serial, Partial<Measure>])[]): void {
    this.take({
      kind: 'measured',
      measures: new Map(measures.map(([serial, one]) => [serial, { isListening: true, ...one }])),
    });
  }

  failed(serial: Serial): void {
    this.launching.delete(serial);
    this.asked.delete(serial);
    this.take({ kind: 'launch_failed', serial, error: new Error('no luck') });
  }

  ready(serial: Serial): void {
    this.take({ kind: 'running', serial });
    this.take({ kind: 'ready', serial });
  }

  closed(serial: Serial, isListening = true): void {
    this.take({ kind: 'stopping', serial, isListening });
    this.take({ kind: 'closed', serial, connections: 1 });
  }

  exited(serial: Serial, code: number | null = 0): void {
    this.living.delete(serial);
    const told = this.told.get(serial);
    const signal = code === null ? ('SIGKILL' as const) : null;
    this.take({ kind: 'exited', serial, exit: { code, signal }, reason: told?.reason });
  }

  /** Every pending launch succeeds, until none is left. */
  launchAll(): void {
    for (const [serial] of this.launching) {
      this.launched(serial);
      this.ready(serial);
      if (this.living.size > 1000) throw new Error('it starts for ever');
    }
  }

  /** The state of each worker id in words: 'serving 2' is generation 2. */
  places(): readonly string[] {
    return [...this.state.slots.keys()].map((workerId) => this.place(workerId) ?? '');
  }

  place(workerId: number): string | undefined {
    const state = this.state.slots.get(workerId)?.state;
    if (!state) return undefined;
    const owner = ownerOf(state);
    return owner ? `${state.kind} ${owner.generation}` : state.kind;
  }

  /** The last progress that listeners of a rollout got agrees with its end. */
  #checkProgress(news: PoolNews): void {
    if (news.kind === 'restarting') this.#progress = { replaced: 0, left: news.left };
    else if (news.kind === 'rollout_progress') this.#progress = { replaced: news.replaced, left: news.left };
    else if (news.kind === 'rollout_over') {
      const { replaced, kept } = news.result;
      expect(this.#progress).toEqual({ replaced, left: kept });
    }
  }

  #perform(action: PoolAction): void {
    switch (action.kind) {
      case 'assign':
        if (!this.reserve.delete(action.serial)) throw new Error('that standby does not live');
        this.launching.set(action.serial, action);
        return;
      case 'launch':
        this.launching.set(action.serial, action);
        return;
      case 'launch_standby':
        this.asked.add(action.serial);
        return;
      case 'pause_accepting':
        this.pauses.set(action.serial, action.forMs);
        return;
      case 'measure':
        this.measures += 1;
        return;
      case 'tell_to_stop':
        if (this.reserve.has(action.serial)) this.ended.add(action.serial);
        if (this.living.has(action.serial) && !this.told.has(action.serial))
          this.told.set(action.serial, action);
        return;
      case 'answer':
        this.answers.push(action);
        return;
      case 'say':
        this.#checkProgress(action.news);
        this.news.push(action.news);
        return;
      case 'end':
        this.ends.push(action);
        return;
      case 'up':
      case 'all_are_up':
      case 'trying':
      case 'start_no_more':
      case 'stop_server':
    }
  }
}
