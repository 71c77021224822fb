import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import type { Clock, ClockTimer } from '../common/clock';
import { messageOf } from '../common/errors';
import { startTicks } from '../common/proc-stat';
import type { Logger } from '../record/logger';
import { isShortage } from './child-exit';
import { startChild } from './start-child';
import { graceLine, guardLine, ORPHAN_SCRIPT, releaseLine, type Guarded } from './orphan-script';

/** A child, as far as the reaper needs it. */
export interface Guardable {
  readonly pid: number | undefined;
  readonly isAlive: boolean;
  readonly exited: Promise<unknown>;
  /** Its process group ends with it. */
  readonly leadsGroup?: boolean;
}

// How long a helper without anything to guard stays: a lone worker that is restarted needs no new helper.
const IDLE_MS = 10_000;

// The start of the helper takes 10 ms of CPU time, which the first children need more while they boot.
const LONGEST_BOOT_MS = 300;

// A helper with a shorter life has failed; the next one is not started at once, and after this many failures there is
// none.
const SHORT_LIFE_MS = 1000;
const MOST_FAILURES = 5;

// The system has no process to spare. That passes, so it is tried without limit.
const NO_PROCESS_MS = 5000;

/**
 * Makes sure that no child outlives this process, even if both are helpless: this process was killed by SIGKILL, and
 * the child has a blocked event loop. The helper is a shell of a few hundred kilobytes that waits for the end of a
 * pipe.
 */
export class OrphanReaper {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #guarded = new Set<Guarded>();
  #helper: ChildProcess | undefined;
  #startedAt = 0;
  /** Consecutive helpers that ended soon after their start. */
  #failures = 0;
  #graceMs = -1;
  #idle: ClockTimer | undefined;
  #restart: ClockTimer | undefined;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** How long an orphan may take for a graceful stop. -1: no limit. */
  setGrace(graceMs: number): void {
    if (graceMs === this.#graceMs) return;
    this.#graceMs = graceMs;
    this.#tell(graceLine(graceMs));
  }

  /**
   * Until it has exited.
   * @param booted until then the child does nothing that could block it, so the helper may start later.
   */
  guard(child: Guardable, booted?: Promise<void>): void {
    const { pid } = child;
    if (pid === undefined || process.platform === 'win32') return;
    setImmediate(() => {
      // Its exit status was not collected yet, so its pid cannot belong to another process.
      if (!child.isAlive) return;
      const guarded = { pid, startTicks: startTicks(pid), leadsGroup: child.leadsGroup };
      this.#guarded.add(guarded);
      if (this.#helper) this.#tell(guardLine(guarded));
      else if (!this.#restart && this.#failures < MOST_FAILURES) this.#startFirst(booted);
      void child.exited.then(() => this.#release(guarded));
    });
  }

  /** From now on they may outlive this process. */
  releaseAll(): void {
    for (const guarded of [...this.#guarded]) this.#release(guarded);
  }

  #release(guarded: Guarded): void {
    if (!this.#guarded.delete(guarded)) return;
    this.#tell(releaseLine(guarded));
    if (this.#guarded.size > 0) return;
    this.#idle?.cancel();
    this.#idle = this.#clock.after(IDLE_MS, () => this.#closeIfIdle(), { unref: true });
  }

  #closeIfIdle(): void {
    if (this.#guarded.size > 0) return;
    this.#helper?.stdin?.end();
    this.#helper = undefined;
  }

  #start(): void {
    // The script is not passed as an argument, because ps would show all of it. No argv0 either, because busybox
    // selects its applet by it.
    const helper = startChild('/bin/sh', ['-c', 'eval "$SCRIPT"', 'serverengine-orphan-reaper'], {
      // In its own session, so that signals to the group of a terminal do not reach it.
      detached: true,
      env: { PATH: process.env['PATH'], SCRIPT: ORPHAN_SCRIPT },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    helper.once('error', (error) => this.#onEnd(helper, messageOf(error), isShortage(error)));
    helper.once('exit', (code, signal) => this.#onEnd(helper, signal ?? `status ${String(code)}`, false));
    // The event above reports its end.
    helper.stdin?.on('error', () => {});
    helper.unref();
    if (helper.stdin instanceof Socket) helper.stdin.unref();
    this.#helper = helper;
    this.#startedAt = this.#clock.now();
    this.#tell(graceLine(this.#graceMs) + [...this.#guarded].map(guardLine).join(''));
  }

  #onEnd(helper: ChildProcess, how: string, lacksProcess: boolean): void {
    // We closed it ourselves.
    if (this.#helper !== helper) return;
    this.#helper = undefined;
    if (lacksProcess) {
      const sentence = 'the helper that ends orphaned workers could not be started; the server tries again';
      this.#logger.warn(sentence, { how });
      this.#startAfter(NO_PROCESS_MS);
      return;
    }
    const isEarly = this.#clock.now() - this.#startedAt < SHORT_LIFE_MS;
    this.#failures = isEarly ? this.#failures + 1 : 0;
    if (this.#failures >= MOST_FAILURES) {
      this.#logger.warn(
        'the helper that ends orphaned workers cannot be run: a blocked worker may outlive a killed server',
        { how },
      );
      return;
    }
    this.#logger.warn('the helper that ends orphaned workers is gone; a new one is started', { how });
    this.#startAfter(isEarly ? SHORT_LIFE_MS : 0);
  }

  #startFirst(booted: Promise<void> | undefined): void {
    if (!booted) {
      this.#start();
      return;
    }
    this.#startAfter(LONGEST_BOOT_MS);
    const waiting = this.#restart;
    void booted.then(() => {
      if (this.#restart !== waiting) return;
      waiting?.cancel();
      this.#restart = undefined;
      if (this.#guarded.size > 0) this.#start();
    });
  }

  #startAfter(delayMs: number): void {
    const start = (): void => {
      this.#restart = undefined;
      if (this.#guarded.size > 0) this.#start();
    };
    this.#restart = this.#clock.after(delayMs, start, { unref: true });
  }

  #tell(text: string): void {
    this.#helper?.stdin?.write(text);
  }
}
