import { withLastWords } from './last-words-text';
import { wireOf } from '../common/wires';
import { workerName } from '../common/worker-name';
import { attempt } from '../common/attempt';
import type { ClockTimer } from '../common/clock';
import type { ProgramMetrics } from '../commands/program-metrics';
import type { BroadcastResult, RestartResult, ScaleResult } from '../contract/results';
import type { WorkerView } from '../contract/server-control';
import type { ChildExit } from '../watch/child-exit';
import type { ParentHooks } from './parent-hooks';
import type { PoolEnd, PoolStatus, WorkerPool } from './pool';
import type { WorkerHandle, WorkerIdentity, WorkerLauncher, WorkerNotices } from './worker-handle';
import { collectMetrics } from './collect-metrics';
import { Deaths } from './deaths';
import { poolDueAt } from './due';
import { launchWorker } from './launches';
import { NewsOrder } from './news-order';
import { livingIn } from './pool-draft';
import type { PoolDeps } from './pool-deps';
import { emitNews } from './pool-emit';
import type { PoolAction, PoolEvent, PoolNews } from './pool-events';
import { logNews } from './pool-log';
import { newPool, type PoolEndCause, type PoolMoment, type Serial, type StartFailure } from './pool-state';
import { placesNow, poolStatus, type StatusSource } from './pool-status';
import { PoolMessages } from './pool-messages';
import type { Measure } from './recycles';
import { isWanted } from './starts';
import { stepPool } from './step-pool';
import { Reserve } from './reserve';

export interface SupervisedPoolDeps extends PoolDeps {
  readonly launcher: WorkerLauncher;
  /** Makes an object of the worker class in the server process for each start, for its beforeFork() and afterStart(). */
  readonly hooks: (workerId: number) => ParentHooks;
}

/**
 * Keeps `workers` workers alive, each separately. The pure function stepPool() decides; this class acts, and reports to
 * it what has happened. Runs in the server process.
 */
export class SupervisedPool implements WorkerPool {
  readonly ended: Promise<PoolEnd>;
  readonly up: Promise<void>;
  readonly #deps: SupervisedPoolDeps;
  #state;
  readonly #handles = new Map<Serial, WorkerHandle>();
  readonly #deaths: Deaths;
  readonly #news: NewsOrder<PoolNews>;
  readonly #messages: PoolMessages;
  readonly #nameOf: (workerId: number) => string;
  /** Fields of every record: the group, if there are several. */
  readonly #fields: { readonly group?: string };
  /** Events that came while another one was handled. */
  readonly #events: PoolEvent[] = [];
  #isStepping = false;
  readonly #reserve: Reserve;
  #timer: ClockTimer | undefined;
  readonly #answers = new Map<number, (result: RestartResult) => void>();
  /** By worker id: deaths whose record is not in the log yet. */
  readonly #unreported = new Map<number, Promise<void>>();
  /** How full the heap of a worker was that is recycled for that reason. */
  readonly #fullHeaps = new WeakMap<WorkerHandle, number>();
  /** The worker whose end is being handled. */
  #justEnded: { readonly serial: Serial; readonly handle: WorkerHandle } | undefined;
  /** The full reason, for a launcher that does not read the log. */
  #failedStart: string | undefined;
  #resolveEnded!: (end: PoolEnd) => void;
  #resolveUp!: () => void;

  constructor(deps: SupervisedPoolDeps) {
    this.#deps = deps;
    this.#state = newPool(deps.engine().workers);
    const { group, isOneOfSeveral = false, engine, emit } = deps;
    const fields = isOneOfSeveral ? { group } : {};
    this.#fields = fields;
    const nameOf = (workerId: number): string => workerName({ ...fields, workerId });
    this.#nameOf = nameOf;
    this.#deaths = new Deaths({
      ...deps,
      nameOf,
      fields,
      isUnrecoverable: (code) => engine().unrecoverableExitCodes.includes(code),
      onDeath: (record) => emit('workerExited', record),
    });
    this.#news = new NewsOrder((news) => {
      logNews({ ...deps, nameOf, fields }, news);
      emitNews(emit, group, news);
    });
    this.#messages = new PoolMessages({
      ...deps,
      nameOf,
      whyNoMessages: deps.launcher.whyNoMessages,
      handle: (serial) => this.#handles.get(serial),
    });
    this.#reserve = new Reserve({
      ...deps,
      fields,
      onEvent: (event) => this.#take(event),
    });
    this.up = new Promise((resolve) => {
      this.#resolveUp = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  start(): void {
    this.#take({ kind: 'start' });
  }

  stop(graceful: boolean, isAwaited = false): void {
    this.#take({ kind: 'stop', graceful, isAwaited });
  }

  restart(graceful: boolean): Promise<RestartResult> {
    if (this.#state.stop !== 'none') {
      return Promise.resolve({
        ok: false,
        reason: 'the server stops',
        replaced: 0,
        kept: this.#handles.size,
        tookMs: 0,
      });
    }
    const listening = new Set(
      [...this.#handles].filter(([, handle]) => handle.isListening()).map(([serial]) => serial),
    );
    this.#deps.launcher.renew?.();
    return new Promise((resolve) => {
      this.#answers.set(this.#state.rollouts + 1, resolve);
      this.#take({ kind: 'restart', graceful, listening });
    });
  }

  reload(): void {
    for (const handle of this.#handles.values()) handle.reload();
    const { autoscale, workers } = this.#deps.engine();
    this.#take({ kind: 'reloaded', to: autoscale ? this.#state.target : workers });
  }

  scale(workers: number): ScaleResult {
    const from = this.#state.target;
    if (this.#state.stop !== 'none') return { ok: false, reason: 'the server stops', from, to: from };
    const { launcher, logger } = this.#deps;
    if (launcher.whyOne !== undefined) {
      logger.warn(launcher.whyOne, { workers });
      return { ok: false, reason: launcher.whyOne, from, to: from };
    }
    this.#take({ kind: 'scale', to: workers });
    return { ok: true, from, to: this.#state.target };
  }

  dump(worker?: number): boolean {
    const handles = livingIn(this.#state)
      .filter(({ workerId }) => worker === undefined || worker === workerId)
      .flatMap(({ serial }) => this.#handles.get(serial) ?? []);
    for (const handle of handles) handle.dump();
    return handles.length > 0;
  }

  get target(): number {
    return this.#state.target;
  }

  views(): readonly WorkerView[] {
    const now = this.#deps.clock.now();
    return placesNow(this.#statusSource()).map((place) => this.#messages.view(place, now));
  }

  get whyNoMessages(): string | undefined {
    return this.#messages.whyNone;
  }

  broadcast(body: Uint8Array): Promise<BroadcastResult> {
    return this.#messages.broadcast(body, livingIn(this.#state));
  }

  status(): PoolStatus {
    return poolStatus(this.#statusSource());
  }

  metrics(): Promise<readonly ProgramMetrics[]> {
    const workers = livingIn(this.#state);
    return collectMetrics({ ...this.#deps, workers, handle: ({ serial }) => this.#handles.get(serial) });
  }

  #statusSource(): StatusSource {
    return {
      ...this.#deps,
      state: this.#state,
      deaths: this.#deaths,
      handle: (serial) => this.#handles.get(serial),
      standby: (serial) => this.#reserve.get(serial),
    };
  }

  /** The only method that changes the state. */
  #take(event: PoolEvent): void {
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    let moment = this.#moment();
    try {
      for (let next = this.#events.shift(); next; next = this.#events.shift()) {
        moment = this.#moment();
        const { state, actions } = stepPool(this.#state, next, moment);
        this.#state = state;
        if (next.kind !== 'look') wireOf(next, () => `workers of ${this.#deps.group}`);
        for (const action of actions) this.#perform(action);
      }
    } finally {
      // An error here ends the server, and the pool must still be able to stop its workers.
      this.#isStepping = false;
      this.#arm(moment);
    }
  }

  #moment(): PoolMoment {
    const { engine, clock, random, mustComeUp, group } = this.#deps;
    return { now: clock.now(), settings: engine(), random, mustComeUp: mustComeUp(), group };
  }

  /** Uses the time of the last step, because nothing that has become due since then was handled. */
  #arm(moment: PoolMoment): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const dueAt = poolDueAt(this.#state, moment);
    if (dueAt === Infinity) return;
    const { clock } = this.#deps;
    this.#timer = clock.after(Math.max(0, dueAt - clock.now()), () => this.#take({ kind: 'look' }));
  }

  #perform(action: PoolAction): void {
    switch (action.kind) {
      case 'launch':
        void this.#launch(action.serial, action, this.#deps.launcher);
        return;
      case 'assign':
        void this.#launch(action.serial, action, this.#reserve.launcher(action.serial));
        return;
      case 'launch_standby':
        this.#reserve.launch(action.serial);
        return;
      case 'tell_to_stop': {
        const handle = this.#handles.get(action.serial);
        if (handle && action.heapFill !== undefined) this.#fullHeaps.set(handle, action.heapFill);
        if (handle) this.#deaths.stops(handle);
        if (action.isHurried) handle?.hurry();
        handle?.requestStop(action.graceful, action.reason);
        this.#reserve.get(action.serial)?.requestStop(action.graceful, action.reason);
        return;
      }
      case 'pause_accepting':
        this.#handles.get(action.serial)?.pauseAccepting?.(action.forMs);
        return;
      case 'measure':
        this.#take({ kind: 'measured', measures: this.#measures() });
        return;
      case 'start_no_more':
        this.#deps.launcher.startNoMore?.();
        return;
      case 'up':
        this.#resolveUp();
        return;
      case 'all_are_up':
        this.#deps.launcher.allAreUp?.();
        return;
      case 'trying':
        attempt(
          () => this.#tellTrying(action.failure),
          (error) => this.#deps.logger.error('a failed start could not be reported', { error }),
        );
        return;
      case 'stop_server':
        this.#deps.stopServer();
        return;
      case 'answer':
        this.#answers.get(action.rollout)?.(action.result);
        this.#answers.delete(action.rollout);
        return;
      case 'say':
        this.#news.add(action.news, this.#recordBefore(action.news));
        return;
      case 'end':
        void this.#end(action.cause);
    }
  }

  /** The record of the death that this news is about, if it is not in the log yet. */
  #recordBefore(news: PoolNews): Promise<void> | undefined {
    const workerId =
      news.kind === 'rollout_over'
        ? news.result.failed?.workerId
        : 'workerId' in news
          ? news.workerId
          : undefined;
    return workerId === undefined ? undefined : this.#unreported.get(workerId);
  }

  /** A failed start counts as a crash. */
  async #launch(
    serial: Serial,
    { workerId, generation }: WorkerIdentity,
    launcher: Pick<WorkerLauncher, 'launch'>,
  ): Promise<void> {
    const who = { ...this.#fields, workerId, generation };
    const startedAt = this.#deps.clock.now();
    try {
      const isStarted = await launchWorker(
        { ...this.#deps, launcher, nameOf: this.#nameOf },
        who,
        this.#notices(serial, who),
        () => isWanted(this.#state, serial),
        (handle) => this.#follow(serial, who, handle),
      );
      if (!isStarted) this.#take({ kind: 'launch_left', serial });
    } catch (error) {
      const spawnError = error instanceof Error ? error : new Error(String(error));
      this.#deaths.reportFailedStart(who, spawnError, startedAt);
      this.#take({ kind: 'launch_failed', serial, error: spawnError });
    } finally {
      this.#reserve.discard(serial);
    }
  }

  #follow(serial: Serial, who: WorkerIdentity, handle: WorkerHandle): void {
    this.#deaths.begin();
    this.#handles.set(serial, handle);
    void handle.exited.then((exit) => this.#onExited(serial, who, handle, exit));
    const { pid, startedAt, start } = handle;
    this.#take({ kind: 'launched', serial, pid, startedAt, start });
  }

  #onExited(serial: Serial, who: WorkerIdentity, handle: WorkerHandle, exit: ChildExit): void {
    this.#handles.delete(serial);
    const { workerId } = who;
    const fill = this.#fullHeaps.get(handle);
    const reported = this.#deaths.report(who, exit, handle, fill).then(() => {
      if (this.#unreported.get(workerId) === reported) this.#unreported.delete(workerId);
    });
    this.#unreported.set(workerId, reported);
    this.#justEnded = { serial, handle };
    this.#take({ kind: 'exited', serial, exit, reason: handle.reason });
    this.#justEnded = undefined;
  }

  #notices(serial: Serial, who: WorkerIdentity): WorkerNotices {
    return {
      onRunning: () => this.#take({ kind: 'running', serial }),
      onReady: () => this.#take({ kind: 'ready', serial }),
      onGivenUp: (reason) => {
        const isListening = this.#handles.get(serial)?.isListening() ?? false;
        this.#take({ kind: 'given_up', serial, reason, isListening });
      },
      onStopping: () => {
        const handle = this.#handles.get(serial);
        if (handle) this.#deaths.stops(handle);
        const isListening = handle?.isListening() ?? false;
        this.#take({ kind: 'stopping', serial, isListening });
      },
      onClosed: (connections) => this.#take({ kind: 'closed', serial, connections }),
      hook: () => this.#messages.hook(serial, who),
    };
  }

  #measures(): ReadonlyMap<Serial, Measure> {
    const measures = new Map<Serial, Measure>();
    for (const [serial, handle] of this.#handles)
      measures.set(serial, {
        ...handle.figures(),
        isListening: handle.isListening(),
        sharesSockets: handle.sharesSockets?.(),
      });
    for (const [serial, standby] of this.#reserve.all)
      measures.set(serial, { ...standby.figures(), isListening: false });
    return measures;
  }

  /** A worker failed before any was up: its last lines are part of the reason. */
  async #tellTrying({ serial, workerId, why }: StartFailure): Promise<void> {
    const { serial: endedSerial, handle } = this.#justEnded ?? {};
    await this.#unreported.get(workerId);
    const lines = endedSerial === serial ? (handle?.lastWords.lines() ?? []) : [];
    this.#failedStart = withLastWords(why, lines);
    this.#deps.onTrying(this.#failedStart);
  }

  async #end(cause: PoolEndCause): Promise<void> {
    this.#timer?.cancel();
    this.#deps.launcher.close?.();
    await this.#deaths.allReported();
    await this.#news.told();
    this.#resolveEnded(
      cause.kind === 'never_up' ? { kind: 'never_up', why: this.#failedStart ?? cause.failure.why } : cause,
    );
  }
}
