import type { Clock, ClockTimer } from '../common/clock';
import { PatientClock } from '../common/patient-clock';
import type { Logger } from '../record/logger';
import { HeartbeatMonitor } from './heartbeat-monitor';
import { Scoreboard, type BoardEntry } from './scoreboard';

/** A child, whatever it is made of, as its watch sees it. */
export interface Watched {
  readonly exited: Promise<unknown>;
  /** Looks at the clock once. */
  tick(): void;
  /** When tick() has something to do again, apart from the heartbeat. */
  nextDueAt(): number;
}

// A heartbeat is looked at once a second: timeouts are many times that, and 200 workers cost nothing measurable.
const TICK_MS = 1000;

// Who asks for the figures of 200 workers reads them once.
const LOOK_AGAIN_MS = 100;

/** One child, with what belongs to it. */
interface Kept {
  /** Called once a second, before it is looked at. */
  readonly onTick?: (() => void) | undefined;
  readonly board?: BoardEntry | undefined;
}

/** Watches over any number of children with one timer. Runs in the process above them. */
export class ChildWatch {
  readonly heartbeats = new HeartbeatMonitor<Watched>();
  readonly board: Scoreboard;
  readonly #clock: PatientClock;
  readonly #logger: Logger;
  readonly #children = new Map<Watched, Kept>();
  /** Beats that were heard of on the board. */
  readonly #heard = new WeakMap<BoardEntry, number>();
  #lookedAt: number;
  /** As far as the log has it. */
  #stoodStillMs: number;
  #timer: ClockTimer | undefined;
  #dueAt = 0;

  constructor(clock: Clock, logger: Logger, board = new Scoreboard()) {
    this.#clock = PatientClock.over(clock);
    this.#stoodStillMs = this.#clock.stoodStillMs;
    this.#logger = logger;
    this.board = board;
    this.#lookedAt = this.#clock.now();
  }

  /** Until it has exited. */
  add(child: Watched, kept: Kept = {}): void {
    this.#children.set(child, kept);
    void child.exited.then(() => {
      // Its last words about itself, for the record of its death.
      this.#look();
      this.#children.delete(child);
      if (kept.board) this.board.release(kept.board);
      // Without children no timer is left to hold a process whose main() has resolved.
      this.arm();
    });
    this.arm();
  }

  /** One timer for the earliest thing to do. To be called when that may have changed. */
  arm(): void {
    // Before the late timer is replaced by a new one, and its lateness forgotten.
    if (this.#timer) this.#noticeStall();
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#children.size === 0) return;
    const now = this.#clock.now();
    let dueAt = now + TICK_MS;
    for (const child of this.#children.keys()) dueAt = Math.min(dueAt, child.nextDueAt());
    this.#dueAt = Math.max(now, dueAt);
    this.#timer = this.#clock.after(this.#dueAt - now, () => {
      this.#timer = undefined;
      this.#tick();
      this.arm();
    });
  }

  /** What the children have written on the board since, unless that was read a moment ago. */
  look(): void {
    if (this.#clock.now() - this.#lookedAt >= LOOK_AGAIN_MS) this.#look();
  }

  #tick(): void {
    this.#noticeStall();
    this.#look();
    for (const [child, { onTick }] of this.#children) {
      onTick?.();
      child.tick();
    }
  }

  #look(): void {
    const now = this.#clock.now();
    // Nothing that is new is older than that, whatever the clock of its writer says.
    const oldestMs = now - this.#lookedAt;
    this.#lookedAt = now;
    this.board.read();
    for (const [child, { board }] of this.#children) {
      const { last } = board ?? {};
      if (!board || !last || this.#heard.get(board) === last.beats) continue;
      this.#heard.set(board, last.beats);
      const agoMs = Math.max(0, this.#clock.commonNow() - last.beatAtMs);
      this.heartbeats.beat(child, now, Math.min(oldestMs, agoMs));
    }
  }

  #noticeStall(): void {
    const now = this.#clock.now();
    const { stoodStillMs } = this.#clock;
    const stalledMs = stoodStillMs - this.#stoodStillMs;
    this.#stoodStillMs = stoodStillMs;
    this.heartbeats.tick(now, this.#dueAt);
    if (stalledMs === 0) return;
    this.heartbeats.freshen(now);
    this.#logger.warn('this process stood still, every child gets a fresh heartbeat timeout', {
      stalledMs: Math.round(stalledMs),
    });
  }
}
