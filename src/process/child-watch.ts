import type { Clock, ClockTimer } from '../common/clock';
import type { Logger } from '../logging/logger';
import { HeartbeatMonitor } from './heartbeat-monitor';

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

/** Watches over any number of children with one timer. Runs in the process above them. */
export class ChildWatch {
  readonly heartbeats = new HeartbeatMonitor<Watched>();
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Each with what else there is to do at every tick. */
  readonly #children = new Map<Watched, () => void>();
  #timer: ClockTimer | undefined;
  #dueAt = 0;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /**
   * Until it has exited.
   * @param onTick called once a second, before it is looked at.
   */
  add(child: Watched, onTick: () => void = () => {}): void {
    this.#children.set(child, onTick);
    void child.exited.then(() => {
      this.#children.delete(child);
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

  #tick(): void {
    this.#noticeStall();
    for (const [child, onTick] of this.#children) {
      onTick();
      child.tick();
    }
  }

  #noticeStall(): void {
    const now = this.#clock.now();
    if (now < this.#dueAt) return;
    const stalledMs = this.heartbeats.tick(now, this.#dueAt);
    if (stalledMs !== undefined) {
      this.#logger.warn('this process stood still, every child gets a fresh heartbeat timeout', {
        stalledMs: Math.round(stalledMs),
      });
    }
  }
}
