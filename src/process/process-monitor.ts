import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../common/clock';
import { marked } from '../common/marked-messages';
import { sendSignal } from '../common/signals';
import { isWished, type KillReason } from '../contract/end-reasons';
import type { Logger } from '../logging/logger';
import type { Watched } from './child-watch';
import { diagnoseFirst } from './diagnose-first';
import type { HeartbeatMonitor } from './heartbeat-monitor';
import {
  giveUp,
  nextDueAt,
  nextKillStep,
  requestStop,
  type KillPhase,
  type KillSignal,
  type KillState,
  type KillTimings,
} from './kill-escalation';
import type { Beat, ParentMessage } from './protocol';

/** How a child ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It never came to be: no descriptor, no memory, no such program. */
  readonly spawnError?: Error;
}

// What the system sends for what a program does. The others come from somebody: kill, the OOM killer, a terminal.
const OWN_SIGNALS: ReadonlySet<NodeJS.Signals | null> = new Set<NodeJS.Signals>([
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGSEGV',
  'SIGSYS',
  'SIGTRAP',
]);

/** Whether it ended by itself, or could not even be started: the next one is likely to do the same. */
export function endedByItself({ signal }: ChildExit): boolean {
  return signal === null || OWN_SIGNALS.has(signal);
}

/** What may change while the child lives: read anew at each decision, so that a reload takes effect. */
export interface MonitorSettings {
  readonly kill: KillTimings;
  /** Undefined: no heartbeat is expected. */
  readonly heartbeatTimeoutMs: number | undefined;
}

const SIGNAL_OF: Readonly<Record<KillSignal, NodeJS.Signals>> = {
  graceful: 'SIGTERM',
  immediate: 'SIGQUIT',
  kill: 'SIGKILL',
};

/** Tells a child to end, gracefully or at once; false when that is to be done by signal. SIGKILL always is. */
export type Deliver = (step: KillPhase, reason: KillReason | undefined) => boolean;

// The end of the pipe and the exit event of a dying child come in either order.
const PIPE_CLOSED_GRACE_MS = 1000;

// A program that it left behind may hold its output open for ever. Less than the end of a server waits for last words.
const PIPES_HELD_MS = 500;

/** What the monitor of any child needs, a process or a thread. */
export interface ChildMonitorDeps {
  /** What the log calls it: "worker 2", "server". */
  readonly label: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly settings: () => MonitorSettings;
  readonly heartbeats: HeartbeatMonitor<Watched>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onChange: () => void;
  /** Finds out and logs what it hangs in, before it is stopped for a missed heartbeat; waited for, within bounds. */
  readonly diagnose?: (() => Promise<void>) | undefined;
}

export interface MonitorDeps extends ChildMonitorDeps {
  readonly child: ChildProcess;
  /** Another way than a signal to tell it to end. True: it was told. False: the signal is sent. */
  readonly deliver?: Deliver | undefined;
}

/** One child process: its heartbeat, the escalation over it, its end. Runs in the process above it. */
export class ProcessMonitor {
  readonly child: ChildProcess;
  readonly label: string;
  readonly startedAt: number;
  readonly exited: Promise<ChildExit>;
  /** It is past its boot: its signal handlers are in place. */
  readonly firstBeat: Promise<void>;
  #resolveFirstBeat: (() => void) | undefined;
  /** It has ended, and all that it wrote was read; of what another program holds open only so long. */
  readonly drained: Promise<void>;
  #exit: ChildExit | undefined;
  #kill: KillState | undefined;
  #reason: KillReason | undefined;
  #pipeClosedAt: number | undefined;
  #lastBeat: Beat | undefined;
  /** It is given up, but still being looked at. */
  #isDiagnosed = false;
  readonly #deps: MonitorDeps;

  constructor(deps: MonitorDeps) {
    this.#deps = deps;
    this.child = deps.child;
    this.label = deps.label;
    this.startedAt = deps.clock.now();
    deps.heartbeats.add(this, this.startedAt);
    this.firstBeat = new Promise((resolve) => {
      this.#resolveFirstBeat = resolve;
    });
    this.exited = new Promise((resolve) => {
      const finish = (exit: ChildExit): void => {
        if (this.#exit) return;
        this.#exit = exit;
        deps.heartbeats.forget(this);
        resolve(exit);
        deps.onChange();
      };
      this.child.once('exit', (code, signal) => finish({ code, signal }));
      this.child.on('error', (error) => {
        // Without a pid it was never started; with one this is a failed send or kill, and the exit event will come.
        if (this.child.pid === undefined) finish({ code: null, signal: null, spawnError: error });
      });
    });
    this.drained = new Promise((resolve) => {
      if (this.child.pid === undefined) resolve();
      this.child.once('exit', () => {
        const timer = deps.clock.after(PIPES_HELD_MS, resolve, { unref: true });
        this.child.once('close', () => timer.cancel());
      });
      this.child.once('close', () => resolve());
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get isAlive(): boolean {
    return this.#exit === undefined;
  }

  get isStopping(): boolean {
    return this.#kill !== undefined || this.#isDiagnosed;
  }

  /** It has beaten at least once: its signal handlers are in place. */
  get hasBeaten(): boolean {
    return this.#resolveFirstBeat === undefined;
  }

  /** How long it has been silent, if that is `limitMs` or longer. */
  silentMs(limitMs: number): number | undefined {
    return this.#deps.heartbeats.overdueMs(this, this.#deps.clock.now(), limitMs);
  }

  /** Set once we set out to end it. */
  get reason(): KillReason | undefined {
    return this.#reason;
  }

  beat(beat?: Beat): void {
    this.#lastBeat = beat ?? this.#lastBeat;
    this.#resolveFirstBeat?.();
    this.#resolveFirstBeat = undefined;
    this.#deps.heartbeats.beat(this, this.#deps.clock.now());
  }

  /** Its memory when it was last heard of. */
  get rssBytes(): number | undefined {
    return this.#lastBeat?.rssBytes;
  }

  /** Its heartbeat pipe ended. That of a live child is never closed, unless something is badly wrong in it. */
  heartbeatClosed(): void {
    if (this.#isDiagnosed) return;
    this.#pipeClosedAt = this.#deps.clock.now();
    this.#deps.onChange();
  }

  /** Begins (or hardens) the escalation. Asking again does not restart its clock. */
  requestStop(graceful: boolean, reason: KillReason): void {
    if (!this.isAlive) return;
    this.#reason ??= reason;
    this.#stopBy((kill, now) => requestStop(kill, graceful, now));
  }

  #stopBy(ask: (kill: KillState | undefined, now: number) => KillState): void {
    const now = this.#deps.clock.now();
    this.#kill = ask(this.#kill, now);
    this.#escalate(now);
    this.#deps.onChange();
  }

  /** By pid: the handle's `killed` only means that a signal was sent. */
  signal(signal: NodeJS.Signals): void {
    if (this.isAlive && this.pid !== undefined) sendSignal(this.pid, signal);
  }

  /**
   * Over IPC, once somebody listens at the other end. A child that is gone meanwhile is no error here: its exit event
   * says all there is to say.
   */
  send(message: ParentMessage): void {
    const send = (): void => {
      if (this.child.connected) this.child.send(marked(message), () => {});
    };
    if (this.hasBeaten) send();
    else void this.firstBeat.then(send);
  }

  /** Looks at the clock once: heartbeat first, then the escalation. */
  tick(): void {
    if (!this.isAlive) return;
    const now = this.#deps.clock.now();
    this.#checkHeartbeat(now);
    this.#escalate(now);
  }

  /** When tick() has something to do again, apart from the heartbeat. */
  nextDueAt(): number {
    const { kill } = this.#deps.settings();
    const closed = this.#pipeClosedAt === undefined ? Infinity : this.#pipeClosedAt + PIPE_CLOSED_GRACE_MS;
    return Math.min(closed, this.#kill ? nextDueAt(this.#kill, kill) : Infinity);
  }

  #checkHeartbeat(now: number): void {
    if (this.#isDiagnosed) return;
    if (this.#pipeClosedAt !== undefined && now - this.#pipeClosedAt >= PIPE_CLOSED_GRACE_MS) {
      this.#pipeClosedAt = undefined;
      this.#giveUpOn(now, 'heartbeat_closed', 'closed its heartbeat pipe', {});
      return;
    }
    const limitMs = this.#deps.settings().heartbeatTimeoutMs;
    if (limitMs === undefined || this.#kill?.phase === 'immediate') return;
    const delayMs = this.#deps.heartbeats.overdueMs(this, now, limitMs);
    if (delayMs !== undefined) {
      this.#giveUpOn(now, 'heartbeat_timeout', 'heartbeat timed out', {
        delayMs: Math.round(delayMs),
        limitMs,
      });
    }
  }

  #giveUpOn(now: number, reason: KillReason, what: string, fields: Readonly<Record<string, unknown>>): void {
    this.#deps.logger.error(`${this.label} ${what}, stopping it immediately`, {
      ...this.#fields(),
      ...fields,
    });
    this.#reason = reason;
    const { clock, diagnose } = this.#deps;
    if (!diagnose || reason !== 'heartbeat_timeout') {
      this.#kill = giveUp(this.#kill, now);
      return;
    }
    this.#isDiagnosed = true;
    this.#pipeClosedAt = undefined;
    diagnoseFirst(clock, diagnose, () => {
      this.#isDiagnosed = false;
      // Also when it beats again: it was given up, and the log says so.
      if (this.isAlive) this.#stopBy(giveUp);
    });
  }

  #escalate(now: number): void {
    if (!this.#kill) return;
    const { kill } = this.#deps.settings();
    const before = this.#kill;
    const step = nextKillStep(before, kill, now);
    this.#kill = step.state;
    if (!step.send) return;
    if (before.phase === 'graceful' && step.state.phase === 'immediate') this.#reason = 'graceful_timeout';
    else if (step.send === 'kill' && isWished(this.#reason)) this.#reason = 'immediate_timeout';
    const isDelivered = step.send !== 'kill' && (this.#deps.deliver?.(step.send, this.#reason) ?? false);
    const signal = isDelivered ? undefined : SIGNAL_OF[step.send];
    const record = { ...this.#fields(), signal, reason: this.#reason };
    const isAsked = step.send === 'graceful' || (step.send === 'immediate' && isWished(this.#reason));
    if (isAsked) this.#deps.logger.debug(`stopping ${this.label}`, record);
    else this.#deps.logger.warn(`stopping ${this.label} by force`, record);
    if (signal) this.signal(signal);
  }

  #fields(): Readonly<Record<string, unknown>> {
    return { ...this.#deps.fields, pid: this.pid };
  }
}
