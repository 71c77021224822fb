import type { Command } from '../commands/command';
import type { RunningEngine } from '../commands/running-engine';
import { attempt } from '../common/attempt';
import type { BlockingFlag } from '../common/blocking-flag';
import type { Clock, ClockTimer } from '../common/clock';
import { messageOf } from '../common/errors';
import type { EventHub } from '../contract/event-hub';
import type { EngineEventName } from '../contract/events';
import type { TakeoverResult } from '../contract/results';
import type { Logger } from '../record/logger';
import { NoticeQueue } from './notice-queue';
import { stepNotify, UNTOLD, type NotifyEvent } from './notify-step';
import { isHealthy, statusLine } from './status-line';

/** What every result has, and the fields of commands that hand the tree to another process. */
type CommandOutcome = TakeoverResult;

export interface ServiceManagerDeps {
  readonly running: RunningEngine;
  readonly events: EventHub;
  readonly onCommand: (listener: (command: Command, result: Promise<CommandOutcome>) => void) => void;
  readonly isUp: BlockingFlag;
  /** This process took over from another one by an upgrade: the service manager does not know it yet. */
  readonly isSuccessor: boolean;
  /** The process that this one is a child of. */
  readonly parentPid: () => number;
  /** How long the service manager waits for the next sign of life; undefined: it has no watchdog. */
  readonly watchdogMs: number | undefined;
  readonly send: (assignments: readonly string[]) => Promise<string | undefined>;
  readonly clock: Clock;
  readonly logger: Logger;
}

// Many workers may change at once.
const SETTLE_MS = 200;
// If there is no watchdog: finds what no event reports, such as a server that does not answer.
const LOOK_MS = 10_000;
const ADOPTED_MS = 100;
const EXTEND_MS = 10_000;
const EXTEND_TO_US = 30_000_000;

const CHANGES: readonly EngineEventName[] = ['workerReady', 'workerExited', 'serverState', 'rollout'];

/** Tells systemd about the service: ready, reloading, stopping, alive, and one line for people. */
export class ServiceManager {
  readonly #deps: ServiceManagerDeps;
  readonly #queue: NoticeQueue;
  #state = UNTOLD;
  readonly #timers = new Map<'look' | 'settle' | 'extend' | 'adopted', ClockTimer>();
  readonly #forget: () => void;
  #isClosed = false;

  constructor(deps: ServiceManagerDeps) {
    this.#deps = deps;
    this.#queue = new NoticeQueue(deps.send, deps.logger);
    this.#forget = deps.events.subscribe(CHANGES, () => this.#look('settle', SETTLE_MS));
    deps.onCommand((command, result) => this.#follow(command, result));
    attempt(
      async () => {
        await deps.isUp.waitForSet();
        this.#tell({ kind: 'up', mainPid: deps.isSuccessor ? process.pid : undefined });
        if (deps.isSuccessor) this.#awaitAdoption(deps.parentPid());
        this.#look('look', 0);
      },
      (error) => deps.logger.error('systemd did not get a message', { error }),
    );
  }

  /** After an upgrade. This process may end, and the service goes on. */
  get knowsSuccessor(): boolean {
    return this.#state.isGivenAway && !this.#queue.isBroken;
  }

  /** Resolves when the last message is sent. */
  async close(): Promise<void> {
    this.#tell({ kind: 'over' });
    this.#isClosed = true;
    this.#forget();
    for (const timer of this.#timers.values()) timer.cancel();
    await this.#queue.emptied();
  }

  #tell(event: NotifyEvent): void {
    if (this.#isClosed) return;
    const wasStopping = this.#state.isStopping;
    const { state, say } = stepNotify(this.#state, event);
    this.#state = state;
    this.#queue.add(say);
    if (state.isStopping && !wasStopping && event.kind !== 'over') this.#extend();
  }

  /**
   * systemd takes a main process that was not its child when it heard of it for one that it cannot wait for. In a stop with
   * KillMode=mixed it kills such a process at once, with SIGKILL. So it hears again, once the predecessor has ended.
   */
  #awaitAdoption(predecessor: number): void {
    const look = (): void => {
      this.#timers.delete('adopted');
      if (this.#deps.parentPid() === predecessor) this.#awaitAdoption(predecessor);
      else this.#tell({ kind: 'adopted', mainPid: process.pid });
    };
    this.#timers.set('adopted', this.#deps.clock.after(ADOPTED_MS, look, { unref: true }));
  }

  #follow(command: Command, result: Promise<CommandOutcome>): void {
    const { kind } = command;
    this.#tell({ kind: 'begun', command: kind, monotonicUs: process.hrtime.bigint() / 1000n });
    attempt(
      async () => {
        const { ok, reason, pid } = await result;
        const failure = ok ? undefined : (reason ?? 'no reason was given');
        this.#tell({ kind: 'ended', command: kind, failure, pid });
      },
      (error) => this.#tell({ kind: 'ended', command: kind, failure: messageOf(error) }),
    );
  }

  #look(name: 'look' | 'settle', inMs: number): void {
    if (this.#isClosed) return;
    if (name === 'settle' && this.#timers.has('settle')) return;
    this.#timers.get(name)?.cancel();
    const look = async (): Promise<void> => {
      this.#timers.delete(name);
      const status = await this.#deps.running.status();
      const isAlive = isHealthy(status);
      const isEnding = ['draining', 'stopping', 'finished'].includes(status.state);
      this.#tell({ kind: 'looked', text: statusLine(status), isEnding });
      if (name === 'settle') return;
      if (isAlive && this.#deps.watchdogMs !== undefined) this.#tell({ kind: 'healthy' });
      this.#look('look', this.#nextLookMs(isAlive));
    };
    const timer = this.#deps.clock.after(
      inMs,
      () => attempt(look, (error) => this.#deps.logger.error('systemd did not get a message', { error })),
      { unref: true },
    );
    this.#timers.set(name, timer);
  }

  /** Sooner while the engine is not healthy: a short problem must not use up the whole time. */
  #nextLookMs(isAlive: boolean): number {
    const { watchdogMs } = this.#deps;
    if (watchdogMs === undefined) return LOOK_MS;
    return isAlive ? watchdogMs / 3 : Math.min(1000, watchdogMs / 8);
  }

  /** The service manager waits as long as the engine is still stopping within its own limits. */
  #extend(): void {
    if (this.#isClosed) return;
    this.#tell({ kind: 'still_stopping', extendUs: EXTEND_TO_US });
    this.#timers.set(
      'extend',
      this.#deps.clock.after(EXTEND_MS, () => this.#extend(), { unref: true }),
    );
  }
}
