import { Worker as Thread } from 'node:worker_threads';
import { systemClock, type Clock, type ClockTimer } from '../common/clock';
import { LogBlock } from '../record/log-block';
import type { Logger } from '../record/logger';
import { culpritText, frameLines } from '../hang/frame-text';
import { watchdogSource } from './watchdog-source';
import { turnMs, type BlockedNotice, type WatchdogCommand, type WatchdogStart } from './watchdog-protocol';

export interface WatchdogOptions {
  /** Where the process above asks for the stack; undefined: it does not. */
  readonly fd: number | undefined;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** A thread of this process that sees what its main thread is blocked by. Started only when needed. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #clock: Clock;
  readonly #turns = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #thread: Thread | undefined;
  #timer: ClockTimer | undefined;
  #limitMs: number | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    if (options.fd !== undefined) this.#start();
  }

  /** Warn of blocks of the event loop that are at least this long. Undefined: never. */
  setLimit(limitMs: number | undefined): void {
    // A reload that changes nothing must not forget a block that is under way.
    if (limitMs === this.#limitMs) return;
    this.#limitMs = limitMs;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#tell({ type: 'limit', limitMs });
    if (limitMs !== undefined) this.#turn(limitMs);
  }

  #turn(limitMs: number): void {
    Atomics.add(this.#turns, 0, 1);
    const dueAt = this.#clock.now() + turnMs(limitMs);
    const onTurn = (): void => {
      const lagMs = this.#clock.now() - dueAt;
      if (lagMs >= limitMs) this.#tell({ type: 'blocked', turn: Atomics.load(this.#turns, 0), lagMs });
      this.#turn(limitMs);
    };
    this.#timer = this.#clock.after(turnMs(limitMs), onTurn, { unref: true });
  }

  #tell(command: WatchdogCommand): void {
    (this.#thread ?? this.#start()).postMessage(command);
  }

  #start(): Thread {
    const { fd, logger } = this.#options;
    const workerData: WatchdogStart = { fd, turns: this.#turns.buffer };
    // Without the loaders of the program: they would cost more than all the rest.
    const thread = new Thread(watchdogSource(), {
      eval: true,
      workerData,
      execArgv: [],
      env: {},
    });
    thread.on('message', ({ lagMs, frames }: BlockedNotice) => {
      const directory = process.cwd();
      logger.warn('event loop was blocked', {
        lagMs: Math.round(lagMs),
        in: frames && culpritText(frames, directory),
        stack: frames && new LogBlock(frameLines(frames, directory)),
      });
    });
    thread.on('error', (error) => logger.warn('the watchdog thread failed', { error }));
    thread.unref();
    this.#thread = thread;
    return thread;
  }
}
