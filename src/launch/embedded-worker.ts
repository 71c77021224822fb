import type dgram from 'node:dgram';
import type net from 'node:net';
import type { Clock, ClockTimer } from '../common/clock';
import { IMMEDIATE_HOOK_MS } from '../common/stop-limits';
import { wireOf } from '../common/wires';
import type { EngineConfig } from '../config/engine-config';
import { callHook } from '../contract/call-hook';
import { hookOfWorker } from '../contract/message-hook';
import type { MessageResult } from '../contract/results';
import { stopRequestOf, type Worker } from '../contract/worker';
import { programMetrics } from '../health/program-metrics';
import { ReadyWatch } from '../health/ready-watch';
import type { WorkerHandle, WorkerNotices } from '../pool/worker-handle';
import { LastWords } from '../record/last-words';
import type { Logger } from '../record/logger';
import { OpenServers } from '../sockets/open-servers';
import type { ChildExit } from '../watch/child-exit';
import { EmbeddedEnding } from './embedded-ending';
import { EmbeddedGauge } from './embedded-gauge';
import { EmbeddedConversation } from './embedded-conversation';
import {
  embeddedDueAt,
  embeddedReason,
  leavesSockets,
  MADE,
  stepEmbedded,
  type EmbeddedAction,
  type EmbeddedEvent,
  type EmbeddedLife,
} from './embedded-life';
import { warnOfIgnoredReady } from './ignored-ready';

/** What a worker object in this process calls. */
export interface EmbeddedCalls {
  readonly onReady: () => void;
  readonly drained: () => Promise<void>;
  readonly onJobDone: (count: number) => void;
  readonly send: (message: unknown) => Promise<MessageResult>;
}

export interface EmbeddedWorkerDeps {
  readonly make: (workerId: number, calls: EmbeddedCalls) => Worker;
  /**
   * Watches a server that the worker opens. Returns a function that helps the clients of keep-alive connections to
   * leave.
   */
  readonly drainOf: (server: net.Server) => () => void;
  /** run() has returned although no stop was requested. */
  readonly onReturned: () => void;
  readonly engine: () => EngineConfig;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** One worker in the server's own event loop, from the construction of its object to its end. stepEmbedded() decides. */
export class EmbeddedWorker {
  readonly worker: Worker;
  readonly exited: Promise<ChildExit>;
  readonly #deps: EmbeddedWorkerDeps;
  readonly #servers = new OpenServers();
  readonly #drains = new WeakMap<net.Server, () => void>();
  readonly #readyMode: EngineConfig['workerReady'];
  readonly #ready: ReadyWatch;
  readonly #gauge = new EmbeddedGauge();
  readonly #conversation: EmbeddedConversation;
  #notices: WorkerNotices | undefined;
  #isReady = false;
  #life: EmbeddedLife = MADE;
  #ending: EmbeddedEnding | undefined;
  #timer: ClockTimer | undefined;
  #resolveExited!: (exit: ChildExit) => void;

  /** @throws whatever the constructor of the user's class throws. */
  constructor(deps: EmbeddedWorkerDeps, workerId: number) {
    this.#deps = deps;
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
    const { workerReady } = deps.engine();
    this.#readyMode = workerReady;
    this.#ready = new ReadyWatch(
      workerReady,
      () => this.#onReady(),
      () => warnOfIgnoredReady({ type: 'ignored_ready' }, workerReady, deps.logger),
    );
    this.#conversation = new EmbeddedConversation({
      workerId,
      hookOfServer: () => this.#notices?.hook() ?? { owner: 'the server', call: undefined },
      logger: deps.logger,
    });
    this.worker = deps.make(workerId, {
      onReady: () => this.#ready.called(),
      drained: () => this.#servers.allClosed(),
      onJobDone: (count) => this.#gauge.jobsDone(count),
      send: (message) => this.#conversation.toServer(message),
    });
  }

  /** Enters run() a moment later. */
  begin(notices: WorkerNotices): WorkerHandle {
    this.#notices = notices;
    this.#gauge.start(this.#deps.engine().workerHeartbeatIntervalMs);
    setImmediate(() => this.#take({ kind: 'enter' }));
    return this.#handle();
  }

  /** The sockets that it closes are for the next worker. */
  get leavesSockets(): boolean {
    return leavesSockets(this.#life);
  }

  /** A server is about to listen. May be called again for the same server. */
  onListen(server: net.Server): void {
    this.#servers.add(server);
    this.#gauge.watch(server);
    this.#ready.asked(server);
    if (!this.#drains.has(server)) this.#drains.set(server, this.#deps.drainOf(server));
  }

  /** One of its servers has stopped accepting. */
  drain(server: net.Server): void {
    this.#drains.get(server)?.();
  }

  onListenFailed(server: net.Server): void {
    this.#servers.failed(server);
    this.#ready.failed(server);
  }

  onBind(socket: dgram.Socket): void {
    this.#ready.asked(socket);
  }

  onBindFailed(socket: dgram.Socket): void {
    this.#ready.failed(socket);
  }

  #handle(): WorkerHandle {
    const life = (): EmbeddedLife => this.#life;
    return {
      pid: process.pid,
      startedAt: this.#deps.clock.now(),
      get isStopping() {
        return life().kind === 'stopping' || life().kind === 'finishing';
      },
      get reason() {
        return embeddedReason(life());
      },
      exited: this.exited,
      drained: this.exited.then(() => {}),
      // It has no output of its own: what it writes is in the log of the server.
      lastWords: new LastWords(),
      figures: () => this.#gauge.figures,
      // There is no other worker that could accept while it is replaced.
      isListening: () => false,
      requestStop: (graceful, reason) => this.#take({ kind: 'stop', graceful, reason }),
      metrics: () => programMetrics(),
      send: (body) => this.#conversation.toWorker(body),
      hurry: () => {},
      reload: () => {
        this.#gauge.start(this.#deps.engine().workerHeartbeatIntervalMs);
        this.#call('reload', () => this.worker.reload());
      },
      dump: () => this.#call('dump', () => this.worker.dump()),
    };
  }

  /** The only method that changes its state. */
  #take(event: EmbeddedEvent): void {
    const { clock, engine } = this.#deps;
    const { workerGracefulKillTimeoutMs, workerImmediateKillTimeoutMs } = engine();
    const { life, actions } = stepEmbedded(this.#life, event, {
      now: clock.now(),
      gracefulMs: workerGracefulKillTimeoutMs,
      immediateMs: Math.min(IMMEDIATE_HOOK_MS, workerImmediateKillTimeoutMs),
    });
    this.#life = life;
    wireOf(event, () => 'embedded worker');
    this.#arm();
    for (const action of actions) this.#perform(action);
  }

  #arm(): void {
    this.#timer?.cancel();
    const dueAt = embeddedDueAt(this.#life);
    if (dueAt === Infinity) return;
    const { clock } = this.#deps;
    this.#timer = clock.after(Math.max(0, dueAt - clock.now()), () => this.#take({ kind: 'look' }));
  }

  #perform(action: EmbeddedAction): void {
    switch (action.kind) {
      case 'run':
        void this.#run();
        return;
      case 'tell_to_stop':
        this.#tellToStop();
        return;
      case 'after_drain':
        void this.#afterDrain();
        return;
      case 'say_late_failure': {
        const { error } = action;
        this.#deps.logger.error('run() of an embedded worker that was left behind failed', { error });
        return;
      }
      case 'end':
        this.#end(action.exit);
    }
  }

  async #run(): Promise<void> {
    try {
      const running = this.worker.run();
      this.#notices?.onRunning();
      this.#conversation.open(() => hookOfWorker(this.worker));
      // It may have called ready() already.
      if (this.#isReady) this.#notices?.onReady();
      this.#ready.entered();
      await running;
    } catch (error) {
      this.#take({ kind: 'failed', error });
      return;
    }
    // Its work is done.
    if (this.#readyMode === 'auto') this.#onReady();
    this.#take({ kind: 'returned' });
  }

  #onReady(): void {
    this.#isReady = true;
    if (this.#life.kind !== 'made') this.#notices?.onReady();
  }

  #tellToStop(): void {
    this.#ending = new EmbeddedEnding({
      ...this.#deps,
      servers: this.#servers,
      drain: (server) => this.drain(server),
      isReplaced: () => this.leavesSockets,
    });
    this.#call('stop', () => this.worker.stop());
    stopRequestOf(this.worker).make();
  }

  /** Its servers are its own: if one is still open, run() chose not to wait for it. */
  async #afterDrain(): Promise<void> {
    try {
      await this.worker.afterDrain();
    } catch (error) {
      this.#deps.logger.error('afterDrain() failed', { workerId: this.worker.workerId, error });
    }
    this.#take({ kind: 'finished' });
  }

  #end(exit: ChildExit): void {
    this.#ending?.cancel();
    this.#gauge.end();
    this.#conversation.close();
    if (exit.embedded?.kind === 'returned' && embeddedReason(this.#life) === undefined)
      this.#deps.onReturned();
    this.#resolveExited(exit);
  }

  #call(hook: string, call: () => void | Promise<void>): void {
    callHook(hook, call, this.#deps.logger, { workerId: this.worker.workerId });
  }
}
