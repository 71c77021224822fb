import type { Clock, ClockTimer } from '../common/clock';
import { StallAwareClock } from '../common/stall-aware-clock';
import type { Logger } from '../record/logger';
import { HeartbeatMonitor } from './heartbeat-monitor';
import { Scoreboard, type BoardEntry } from './scoreboard';

/** A child of any type, as the watch sees it. */
export interface Watched {
  readonly exited: Promise<unknown>;
  /** Checks the time once. */
  tick(): void;
  /** When tick() next has something to do, apart from the heartbeat. */
  nextDueAt(): number;
}

// A heartbeat is checked once a second: timeouts are many times that, and 200 workers cost nothing measurable.
const TICK_MS = 1000;

// A caller that asks for the figures of 200 workers reads the board once.
const LOOK_AGAIN_MS = 100;

/** One child, with what belongs to it. */
interface Kept {
  /** Called once a second, before the child is checked. */
  readonly onTick?: (() => void) | undefined;
  readonly board?: BoardEntry | undefined;
}

/** Watches any number of children with one timer. Runs in the process above them. */
export class ChildWatch {
  readonly heartbeats = new HeartbeatMonitor<Watched>();
  readonly board: Scoreboard;
  readonly #clock: StallAwareClock;
  readonly #logger: Logger;
  readonly #children = new Map<Watched, Kept>();
  /** The number of beats that were seen on the board. */
  readonly #heard = new WeakMap<BoardEntry, number>();
  #lookedAt: number;
  /** As far as it was logged. */
  #stoodStillMs: number;
  #timer: ClockTimer | undefined;
  #dueAt = 0;

  constructor(clock: Clock, logger: Logger, board = new Scoreboard()) {
    this.#clock = StallAwareClock.over(clock);
    this.#stoodStillMs = this.#clock.stoodStillMs;
    this.#logger = logger;
    this.board = board;
    this.#lookedAt = this.#clock.now();
  }

  /** Until it has exited. */
  add(child: Watched, kept: Kept = {}): void {
    this.#children.set(child, kept);
    void child.exited.then(() => {
      // Its last figures, for the record of its death.
      this.#look();
      this.#children.delete(child);
      if (kept.board) this.board.release(kept.board);
      // Without children there must be no timer that keeps a process alive whose main() has resolved.
      this.arm();
    });
    this.arm();
  }

  /** Sets the one timer to the earliest thing to do. Call it when that may have changed. */
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

  /** Reads what the children have written to the board, unless it was read a moment ago. */
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
    // No new beat can be older than the last read, whatever the clock of its writer says.
    const oldestMs = now - this.#lookedAt;
    this.#lookedAt = now;
    this.board.read();
    for (const [child, { board }] of this.#children) {
      const { last } = board ?? {};
      if (!board || !last || this.#heard.get(board) === last.beats) continue;
      this.#heard.set(board, last.beats);
      const agoMs = Math.max(0, this.#clock.rawNow() - last.beatAtMs);
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
    this.#logger.warn('this process stood still; every child gets a fresh heartbeat timeout', {
      stalledMs: Math.round(stalledMs),
    });
  }
}
