import { wireOf } from '../common/wires';
import type { Clock } from '../common/clock';
import type { Subject } from '../common/subject';
import type { KillReason } from '../contract/end-reasons';
import type { WorkerFigures } from '../contract/status';
import type { LogFields, Logger } from '../record/logger';
import type { ChildExit } from './child-exit';
import {
  BORN,
  lifeDueAt,
  reasonOf,
  step,
  type ChildAction,
  type ChildEvent,
  type ChildLife,
  type GiveUpReason,
} from './child-life';
import type { Watched } from './child-watch';
import { diagnoseFirst } from './diagnose-first';
import type { HeartbeatMonitor } from './heartbeat-monitor';
import type { KillSignal, KillTimings } from './kill-escalation';
import type { BoardEntry } from './scoreboard';

/** What may change while the child lives: read at each decision, so that a reload takes effect. */
export interface MonitorSettings {
  readonly kill: KillTimings;
  /** Undefined: no heartbeat is expected. */
  readonly heartbeatTimeoutMs: number | undefined;
  /** How long it may take to become ready. Undefined: it does not report that. */
  readonly readyTimeoutMs?: number | undefined;
}

/** What the monitor does to a child, depending on its type: tell it to stop, force it to end, notice its end. */
export interface ChildControl {
  readonly pid: number | undefined;
  readonly exited: Promise<ChildExit>;
  /** Calls back at once, before `exited` has resolved. */
  onExit(callback: () => void): void;
  /** Performs one step of the escalation. Undefined: that was done before, and once is enough. */
  act(step: KillSignal, reason: KillReason): Act | undefined;
}

/** What was done, for the log. left_behind: nothing more can be done. */
export interface Act {
  readonly how: 'asked' | 'forced' | 'left_behind';
  readonly fields: LogFields;
}

/** What the monitor of any child needs, a process or a thread. */
export interface ChildMonitorDeps {
  readonly subject: Subject;
  /** It is given up: it will be ended. */
  readonly onGivenUp?: ((reason: GiveUpReason) => void) | undefined;
  readonly settings: () => MonitorSettings;
  /** When the time to become ready begins. Undefined: nothing waits for that. Default: at its start. */
  readonly bootSince?: (() => number | undefined) | undefined;
  /**
   * A person has paused it with a debugger: then its silence means nothing. Called only when it has been silent too
   * long.
   */
  readonly isHeldUp?: (() => boolean) | undefined;
  readonly heartbeats: HeartbeatMonitor<Watched>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onChange: () => void;
  /** Its record on the scoreboard, and the function that reads it. */
  readonly board?: BoardEntry | undefined;
  readonly look?: (() => void) | undefined;
  /** Finds out and logs what it hangs in, before it is stopped for a missed heartbeat. Waited for, within limits. */
  readonly diagnose?: (() => Promise<void>) | undefined;
}

const GIVEN_UP: Readonly<Record<GiveUpReason, string>> = {
  heartbeat_timeout: 'heartbeat timed out',
  heartbeat_closed: 'closed its heartbeat pipe',
  ready_timeout: 'did not become ready in time',
};

/** Of one that has never beaten, although it had the time to become ready. */
export const NEVER_RUN =
  'its script has not called run() of the engine: it is still at its top level, or does not call run() in this process; ' +
  'each process of the engine runs the same script, and needs that call';

/** After this silence it is worth finding out what it does: a child that is not ready, but beats, waits for something. */
const SILENT_MS = 2000;

/** One child: its heartbeat, its escalation, its end. Runs in the process above it. */
export class ChildMonitor implements Watched {
  readonly startedAt: number;
  readonly exited: Promise<ChildExit>;
  readonly #control: ChildControl;
  readonly #deps: ChildMonitorDeps;
  #life: ChildLife = BORN;
  #isReady = false;
  #hasBeaten = false;
  #isHoldSaid = false;

  constructor(control: ChildControl, deps: ChildMonitorDeps) {
    this.#control = control;
    this.#deps = deps;
    this.startedAt = deps.clock.now();
    this.exited = control.exited;
    deps.heartbeats.add(this, this.startedAt);
    control.onExit(() => {
      deps.heartbeats.forget(this);
      this.#take({ kind: 'exit' });
      deps.onChange();
    });
  }

  /** Its name in the log. */
  get label(): string {
    return this.#deps.subject.label;
  }

  get isAlive(): boolean {
    return this.#life.kind !== 'gone';
  }

  get isStopping(): boolean {
    return this.#life.kind !== 'running';
  }

  /** Set once we have begun to end it. */
  get reason(): KillReason | undefined {
    return reasonOf(this.#life);
  }

  /** How long it has been silent, if that is `limitMs` or longer. */
  silentMs(limitMs: number): number | undefined {
    this.#deps.look?.();
    return this.#overdueMs(limitMs);
  }

  /** Its own figures. Empty before its first beat, and if it reports none. */
  figures(): WorkerFigures {
    if (!this.isAlive) return this.#deps.board?.last?.figures ?? {};
    const isSilent = this.#deps.settings().heartbeatTimeoutMs === undefined;
    const heartbeatAgeMs = isSilent ? undefined : this.silentMs(0);
    const { look, board } = this.#deps;
    look?.();
    return { ...board?.last?.figures, heartbeatAgeMs };
  }

  /** It can serve. */
  ready(): void {
    this.#isReady = true;
  }

  beat(): void {
    this.#hasBeaten = true;
    this.#deps.heartbeats.beat(this, this.#deps.clock.now());
  }

  /** Its heartbeat pipe ended. A live child never closes it, unless something is badly wrong. */
  heartbeatClosed(): void {
    this.#take({ kind: 'pipe_closed' });
    this.#deps.onChange();
  }

  /**
   * Begins the escalation, or turns a graceful one into an immediate one. A repeated request does not restart its
   * clock.
   */
  requestStop(graceful: boolean, reason: KillReason): void {
    if (!this.isAlive) return;
    const { readyTimeoutMs } = this.#deps.settings();
    const isLate = reason === 'ready_timeout' && readyTimeoutMs !== undefined;
    const silentMs = isLate ? this.silentMs(Math.min(SILENT_MS, readyTimeoutMs / 2)) : undefined;
    this.#take({ kind: 'stop', graceful, reason, silentMs });
    this.#deps.onChange();
  }

  /** Checks the time once: heartbeat first, then the escalation. */
  tick(): void {
    const { heartbeatTimeoutMs = -1, readyTimeoutMs } = this.#deps.settings();
    const boot = readyTimeoutMs === undefined ? undefined : this.#lateBoot(readyTimeoutMs);
    const overdueMs = this.#overdueMs(heartbeatTimeoutMs);
    const isSilent = overdueMs !== undefined || boot !== undefined;
    this.#take(isSilent && this.#isHeldUp() ? { kind: 'tick' } : { kind: 'tick', overdueMs, boot });
  }

  /** It gets a fresh timeout then. */
  #isHeldUp(): boolean {
    const { isHeldUp, heartbeats, clock, logger } = this.#deps;
    const isIt = this.isAlive && (isHeldUp?.() ?? false);
    if (isIt) {
      heartbeats.add(this, clock.now());
      if (!this.#isHoldSaid)
        logger.warn(
          `${this.label} does not answer, because a debugger is attached or expected: it is not ended as long as that lasts`,
          this.#fields(),
        );
    }
    this.#isHoldSaid = isIt;
    return isIt;
  }

  #lateBoot(limitMs: number) {
    const { clock, bootSince } = this.#deps;
    const since = bootSince ? bootSince() : this.startedAt;
    if (this.#isReady || since === undefined) return undefined;
    const tookMs = clock.now() - since;
    return tookMs < limitMs ? undefined : { tookMs, silentMs: this.#overdueMs(limitMs) };
  }

  #overdueMs(limitMs: number): number | undefined {
    return this.#deps.heartbeats.overdueMs(this, this.#deps.clock.now(), limitMs);
  }

  /** When tick() next has something to do, apart from the heartbeat. */
  nextDueAt(): number {
    return lifeDueAt(this.#life, this.#deps.settings().kill);
  }

  /** The only method that changes its state. */
  #take(event: ChildEvent): void {
    const { clock, settings, diagnose } = this.#deps;
    const scene = { now: clock.now(), kill: settings().kill, canExamine: diagnose !== undefined };
    const { life, actions } = step(this.#life, event, scene);
    if (life !== this.#life) wireOf(event, () => `${this.label}: ${this.#life.kind} -> ${life.kind} by`);
    this.#life = life;
    for (const action of actions) this.#perform(action);
  }

  #perform(action: ChildAction): void {
    const { logger, clock, diagnose, settings, onGivenUp, board } = this.#deps;
    const { label } = this;
    switch (action.kind) {
      case 'give_up': {
        const { reason, overdueMs } = action;
        const silence =
          overdueMs === undefined
            ? {}
            : { delayMs: Math.round(overdueMs), limitMs: limitOf(reason, settings()) };
        const isNeverRun = reason === 'ready_timeout' && !this.#hasBeaten && board?.last === undefined;
        logger.error(`${label} ${GIVEN_UP[reason]}, stopping it immediately`, {
          ...this.#fields(),
          ...silence,
          ...(isNeverRun ? { why: NEVER_RUN } : {}),
        });
        onGivenUp?.(reason);
        return;
      }
      case 'say_late': {
        const fields = { ...this.#fields(), tookMs: Math.round(action.tookMs) };
        logger.warn(`${label} is not ready yet, but its event loop runs`, fields);
        return;
      }
      case 'examine':
        if (diagnose) {
          diagnoseFirst(clock, diagnose, () => {
            this.#take({ kind: 'examined' });
            this.#deps.onChange();
          });
        }
        return;
      case 'send': {
        const act = this.#control.act(action.step, action.reason);
        if (act) this.#log(act, action.reason);
      }
    }
  }

  #log({ how, fields }: Act, reason: KillReason): void {
    const [{ logger }, { label }] = [this.#deps, this];
    const record = { ...this.#fields(), ...fields, reason };
    switch (how) {
      case 'asked':
        logger.debug(`stopping ${label}`, record);
        return;
      case 'forced':
        logger.warn(`stopping ${label} by force`, record);
        return;
      case 'left_behind':
        logger.error(`${label} is stuck in a system call and cannot be ended; it is left behind`, record);
    }
  }

  #fields(): LogFields {
    return { ...this.#deps.subject.fields, pid: this.#control.pid };
  }
}

function limitOf(
  reason: GiveUpReason,
  { heartbeatTimeoutMs, readyTimeoutMs }: MonitorSettings,
): number | undefined {
  return reason === 'ready_timeout' ? readyTimeoutMs : heartbeatTimeoutMs;
}
