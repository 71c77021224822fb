import { FakeClock } from '../../../src/testing/fake-clock';
import { loadConfig } from '../../../src/config/load';
import { LastWords } from '../../../src/record/last-words';
import type { KillReason } from '../../../src/contract/end-reasons';
import type { ChildExit } from '../../../src/watch/child-exit';
import { SupervisedPool } from '../../../src/pool/supervised-pool';
import type { WorkerHandle, WorkerIdentity, WorkerNotices } from '../../../src/pool/worker-handle';
import { fakeLogger } from '../contract/fake-logger';

export interface FakeBehavior {
  /** It accepts from a socket of the engine. */
  readonly listens: boolean;
  /**
   * After a graceful stop: `ends` at once, `lingers` (accepts nothing new, and continues), `hangs` (no longer
   * answers).
   */
  readonly onStop: 'ends' | 'lingers' | 'hangs';
  /** It never becomes ready. */
  readonly isNeverReady?: boolean;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A worker that consists of its answers. */
export class FakeWorker implements WorkerHandle {
  static #pids = 0;
  readonly pid = (FakeWorker.#pids += 1);
  readonly startedAt: number;
  readonly exited: Promise<ChildExit>;
  readonly drained: Promise<void>;
  readonly lastWords = new LastWords();
  readonly figures = (): object => ({});
  reason: KillReason | undefined;
  isAlive = true;
  isStopping = false;
  wasTold: 'graceful' | 'immediate' | undefined;
  #end!: (exit: ChildExit) => void;

  constructor(
    readonly who: WorkerIdentity,
    readonly behavior: FakeBehavior,
    readonly notices: WorkerNotices,
    now: number,
  ) {
    this.startedAt = now;
    this.exited = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.drained = this.exited.then(() => {});
  }

  isListening(): boolean {
    return this.behavior.listens;
  }

  /** As a kill from outside. */
  end(exit: ChildExit = { code: 0, signal: null }): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#end(exit);
  }

  requestStop(graceful: boolean, reason: KillReason): void {
    if (!this.isAlive) return;
    this.reason ??= reason;
    const isFirst = !this.isStopping;
    this.isStopping = true;
    if (!graceful) {
      this.wasTold = 'immediate';
      this.end({ code: null, signal: 'SIGQUIT' });
    } else if (isFirst) {
      this.wasTold = 'graceful';
      this.stop();
    }
  }

  /** The reaction of the worker to a stop. */
  stop(): void {
    if (this.behavior.onStop === 'hangs') return;
    this.notices.onStopping();
    this.notices.onClosed(this.behavior.onStop === 'lingers' ? 1 : 0);
    if (this.behavior.onStop === 'ends') this.end();
  }

  hurry(): void {}
  reload(): void {}
  dump(): boolean {
    return true;
  }
}

/** A pool of fake workers with a fake clock. */
export function fakePool(
  config: Record<string, unknown>,
  behavior: FakeBehavior,
  beforeFork: () => Promise<void> | undefined = () => undefined,
) {
  const clock = new FakeClock();
  const logger = fakeLogger();
  const workers: FakeWorker[] = [];
  const state = {
    behavior,
    engine: loadConfig({ raw: { ...config }, env: {} }).engine,
    hasEnded: false,
    mustComeUp: false,
  };
  const pool = new SupervisedPool({
    group: 'FakeWorker',
    emit: () => {},
    hook: () => ({ owner: 'FakeServer', call: undefined }),
    launcher: {
      launch: (who, _worker, notices) => {
        const worker = new FakeWorker(who, state.behavior, notices, clock.now());
        workers.push(worker);
        setImmediate(() => {
          if (!worker.isAlive) return;
          notices.onRunning();
          if (!worker.behavior.isNeverReady) notices.onReady();
        });
        return worker;
      },
    },
    hooks: () => ({ worker: undefined, beforeFork, afterStart: async () => {} }),
    stopServer: () => {},
    mustComeUp: () => state.mustComeUp,
    onTrying: () => {},
    engine: () => state.engine,
    logger,
    clock,
    random: () => 0.5,
  });
  void pool.ended.then(() => {
    state.hasEnded = true;
  });
  /** Waits until everything has happened that needs no passing of time. */
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 40; turns += 1) {
      await clock.advanceAsync(0);
      await turn();
    }
  };
  return {
    pool,
    clock,
    logger,
    workers,
    state,
    settle,
    start: async () => {
      pool.start();
      await settle();
    },
    /** The live workers by id and generation: '0.1'. */
    alive: () =>
      workers
        .filter(({ isAlive }) => isAlive)
        .map(({ who }) => `${who.workerId}.${who.generation}`)
        .sort(),
    /** The workers that live and accept. */
    serving: () =>
      workers
        .filter(({ isAlive, isStopping }) => isAlive && !isStopping)
        .map(({ who }) => `${who.workerId}.${who.generation}`)
        .sort(),
    worker: (name: string) => {
      const found = workers.find(({ who }) => `${who.workerId}.${who.generation}` === name);
      if (!found) throw new Error(`there is no worker ${name}`);
      return found;
    },
    said: (level: 'info' | 'warn' | 'error', pattern: RegExp) =>
      logger[level].mock.calls.filter(([message]) => pattern.test(String(message))).length,
  };
}
