import type { Worker as Thread } from 'node:worker_threads';
import type { KillReason } from '../contract/end-reasons';
import type { Watched } from './child-watch';
import { diagnoseFirst } from './diagnose-first';
import { killAfterMs } from './kill-escalation';
import type { ChildExit, ChildMonitorDeps } from './process-monitor';

export interface ThreadMonitorDeps extends ChildMonitorDeps {
  readonly thread: Thread;
  /** Asks it to end by itself. */
  readonly tellToStop: () => void;
}

/** asked: stop() is under way · terminated: no JavaScript of it runs any more. */
interface StopState {
  readonly phase: 'asked' | 'terminated';
  readonly since: number;
}

// As with processes: the timeout must have passed, not only been reached.
const PAST_MS = 1;

/**
 * One thread: its heartbeat, its stop, its end. There is no signal to repeat: it is asked once, and terminated when
 * that takes too long. Runs in the server process.
 */
export class ThreadMonitor implements Watched {
  readonly label: string;
  readonly startedAt: number;
  readonly exited: Promise<ChildExit>;
  readonly #deps: ThreadMonitorDeps;
  #isAlive = true;
  #stop: StopState | undefined;
  /** It is given up, but still being looked at. */
  #isDiagnosed = false;
  #reason: KillReason | undefined;
  #finish!: (exit: ChildExit) => void;

  constructor(deps: ThreadMonitorDeps) {
    this.#deps = deps;
    this.label = deps.label;
    this.startedAt = deps.clock.now();
    deps.heartbeats.add(this, this.startedAt);
    this.exited = new Promise((resolve) => {
      this.#finish = (exit) => {
        if (!this.#isAlive) return;
        this.#isAlive = false;
        deps.heartbeats.forget(this);
        resolve(exit);
        deps.onChange();
      };
    });
    deps.thread.once('exit', (code) => this.#finish({ code, signal: null }));
    // Thrown before the engine in the thread could catch it, or no memory left: the exit event follows.
    deps.thread.on('error', (error: Error) => {
      // It never came to be: that is told as with processes.
      if (isInitFailure(error)) this.#finish({ code: null, signal: null, spawnError: error });
      else deps.logger.error(`${deps.label} failed`, { ...deps.fields, error });
    });
  }

  get isStopping(): boolean {
    return this.#stop !== undefined || this.#isDiagnosed;
  }

  /** Set once we set out to end it. */
  get reason(): KillReason | undefined {
    return this.#reason;
  }

  /** How long it has been silent, if that is `limitMs` or longer. */
  silentMs(limitMs: number): number | undefined {
    return this.#deps.heartbeats.overdueMs(this, this.#deps.clock.now(), limitMs);
  }

  beat(): void {
    this.#deps.heartbeats.beat(this, this.#deps.clock.now());
  }

  /** Asking again does not restart the clock; an immediate stop does not wait for a graceful one. */
  requestStop(graceful: boolean, reason: KillReason): void {
    if (!this.#isAlive) return;
    if (!graceful) {
      this.#terminate(this.#reason ?? reason);
    } else if (!this.#stop) {
      this.#reason = reason;
      this.#stop = { phase: 'asked', since: this.#deps.clock.now() };
      this.#deps.logger.debug(`stopping ${this.label}`, { ...this.#deps.fields, reason });
      this.#deps.tellToStop();
    }
    this.#deps.onChange();
  }

  tick(): void {
    if (!this.#isAlive) return;
    const now = this.#deps.clock.now();
    if (this.#stop?.phase === 'terminated') {
      this.#abandonIfStuck(this.#stop.since, now);
      return;
    }
    const { heartbeatTimeoutMs, kill } = this.#deps.settings();
    const delayMs = this.#isDiagnosed
      ? undefined
      : this.#deps.heartbeats.overdueMs(this, now, heartbeatTimeoutMs ?? -1);
    if (delayMs !== undefined) {
      this.#deps.logger.error(`${this.label} heartbeat timed out, stopping it immediately`, {
        ...this.#deps.fields,
        delayMs: Math.round(delayMs),
        limitMs: heartbeatTimeoutMs,
      });
      this.#giveUp();
    } else if (this.#stop && isPast(this.#stop.since, kill.gracefulTimeoutMs, now)) {
      this.#terminate('graceful_timeout');
    }
  }

  nextDueAt(): number {
    if (!this.#stop || !this.#isAlive) return Infinity;
    const { gracefulTimeoutMs } = this.#deps.settings().kill;
    const limitMs = this.#stop.phase === 'asked' ? gracefulTimeoutMs : this.#abandonAfterMs();
    return limitMs < 0 ? Infinity : this.#stop.since + limitMs + PAST_MS;
  }

  #giveUp(): void {
    const { clock, diagnose } = this.#deps;
    if (!diagnose) {
      this.#terminate('heartbeat_timeout');
      return;
    }
    this.#isDiagnosed = true;
    this.#reason = 'heartbeat_timeout';
    diagnoseFirst(clock, diagnose, () => {
      this.#isDiagnosed = false;
      if (!this.#isAlive) return;
      this.#terminate('heartbeat_timeout');
      this.#deps.onChange();
    });
  }

  #terminate(reason: KillReason): void {
    if (this.#stop?.phase === 'terminated') return;
    this.#reason = reason;
    this.#stop = { phase: 'terminated', since: this.#deps.clock.now() };
    this.#deps.logger.warn(`stopping ${this.label} by force`, { ...this.#deps.fields, reason });
    void this.#deps.thread.terminate();
  }

  /** As long as a process would be given from QUIT to KILL. */
  #abandonAfterMs(): number {
    return killAfterMs({ isHung: this.#reason === 'heartbeat_timeout' }, this.#deps.settings().kill);
  }

  /** Only a synchronous system call holds up a terminated thread; nothing short of the end of the process ends that. */
  #abandonIfStuck(since: number, now: number): void {
    const limitMs = this.#abandonAfterMs();
    if (!isPast(since, limitMs, now)) return;
    this.#deps.logger.error(
      `${this.label} is stuck in a system call and cannot be ended, it is left behind`,
      {
        ...this.#deps.fields,
        limitMs,
      },
    );
    if (this.#reason !== 'heartbeat_timeout') this.#reason = 'immediate_timeout';
    this.#finish({ code: 1, signal: null });
  }
}

function isInitFailure(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_WORKER_INIT_FAILED';
}

function isPast(since: number, limitMs: number, now: number): boolean {
  return limitMs >= 0 && now - since > limitMs;
}
