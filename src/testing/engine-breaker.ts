import { existsSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { sendSignal } from '../common/signals';
import type { EngineStatus, WorkerStatus } from '../contract/status';
import { blockedFile, blockFile, BLOCK_SIGNAL } from './engine-agent';
import { faultOf, requireProcess, workerAt, type Fault, type WorkerTarget } from './engine-faults';
import type { EngineLog } from './engine-log';
import { isThere } from '../common/running';
import { hasOpen } from './has-open';
import { after } from './until';

const FULL_DISK = '/dev/full';

/** What breaking an engine needs to know about it. */
export interface BreakableEngine {
  readonly status: () => Promise<EngineStatus>;
  /** Undefined: it does not answer. */
  readonly glance: () => Promise<EngineStatus | undefined>;
  readonly until: <T>(what: string, look: () => T | undefined | Promise<T | undefined>) => Promise<T>;
  readonly path: (name: string) => string;
  readonly log: EngineLog;
  readonly pid: () => number;
}

/** Breaks a test engine from outside, and tracks what has not healed yet. */
export class EngineBreaker {
  readonly #engine: BreakableEngine;
  #faults: Fault[] = [];
  readonly #frozen = new Set<number>();
  #isDiskFull = false;

  constructor(engine: BreakableEngine) {
    this.#engine = engine;
  }

  /** Everything that was broken has been seen to heal. */
  get isWell(): boolean {
    return this.#faults.length === 0;
  }

  /** Undefined: everything has healed. */
  whyNotHealed(status: EngineStatus): string | undefined {
    return this.#faults.find(({ isOver }) => !isOver(status))?.what;
  }

  /** The recovery was seen. */
  forget(): void {
    this.#faults = [];
  }

  async kill(worker: WorkerTarget, signal: NodeJS.Signals): Promise<void> {
    const { found, pid } = await this.#breakable('kill', worker);
    sendSignal(pid, signal);
    this.#faults.push(faultOf('has been killed', found));
    if (signal === 'SIGKILL') await this.#untilGone(found, pid);
  }

  async freeze(worker: WorkerTarget): Promise<void> {
    const { found, pid } = await this.#breakable('freeze', worker);
    this.#frozen.add(pid);
    sendSignal(pid, 'SIGSTOP');
    this.#faults.push(faultOf('is frozen', found, () => !this.#frozen.has(pid)));
  }

  async thaw(worker: WorkerTarget): Promise<void> {
    const { pid } = workerAt(await this.#engine.status(), worker);
    if (pid === undefined || !this.#frozen.delete(pid)) return;
    sendSignal(pid, 'SIGCONT');
  }

  async block(worker: WorkerTarget, forMs?: number): Promise<void> {
    const { found, pid } = await this.#breakable('block', worker, ['process']);
    const file = this.#engine.path(blockFile(pid));
    const isBlocked = (): true | undefined => existsSync(this.#engine.path(blockedFile(pid))) || undefined;
    writeFileSync(file, '');
    sendSignal(pid, BLOCK_SIGNAL);
    this.#faults.push(faultOf('is blocked', found, () => !existsSync(file) && !isBlocked()));
    await this.#engine.until(`worker ${found.group}/${found.workerId} is blocked`, isBlocked);
    if (forMs !== undefined) after(forMs, () => rmSync(file, { force: true }));
  }

  async unblock(worker: WorkerTarget): Promise<void> {
    const { pid } = workerAt(await this.#engine.status(), worker);
    if (pid !== undefined) rmSync(this.#engine.path(blockFile(pid)), { force: true });
  }

  async crashLoop(worker: WorkerTarget, times: number): Promise<void> {
    for (let crashes = 0; crashes < times; crashes += 1) {
      const { group, workerId } = workerAt(await this.#engine.status(), worker);
      await this.#engine.until(`worker ${group}/${workerId} has started again`, async () => {
        const status = await this.#engine.glance();
        return (status && workerAt(status, { group, workerId }).pid !== undefined) || undefined;
      });
      await this.kill({ group, workerId }, 'SIGKILL');
    }
  }

  async fillDisk(): Promise<void> {
    if (this.#isDiskFull) return;
    const path = this.#engine.path('engine.log');
    renameSync(path, `${path}.1`);
    symlinkSync(FULL_DISK, path);
    this.#engine.log.moved(`${path}.1`);
    this.#isDiskFull = true;
    this.#faults.push({ what: 'the disk is full', isOver: () => !this.#isDiskFull });
    await this.#engine.until(
      'the engine writes to the full disk',
      () => hasOpen(this.#engine.pid(), FULL_DISK) || undefined,
    );
  }

  async freeDisk(): Promise<void> {
    if (!this.#isDiskFull) return;
    const path = this.#engine.path('engine.log');
    rmSync(path);
    this.#engine.log.goOnIn(path);
    await this.#engine.until('the engine has made its log file', () => existsSync(path) || undefined);
    this.#isDiskFull = false;
  }

  async #breakable(
    fault: string,
    worker: WorkerTarget,
    types?: readonly string[],
  ): Promise<{ readonly found: WorkerStatus; readonly pid: number }> {
    const status = await this.#engine.status();
    const found = workerAt(status, worker);
    requireProcess(status, found, fault, types);
    const { group, workerId, pid } = found;
    if (pid === undefined)
      throw new Error(`worker ${group}/${workerId} is not running: await untilReady() first.`);
    return { found, pid };
  }

  #untilGone({ group, workerId, generation }: WorkerStatus, pid: number): Promise<unknown> {
    return this.#engine.until(`process ${pid} is gone`, async () => {
      if (!isThere(pid)) return true;
      // The pid may be reused by now.
      const status = await this.#engine.glance();
      return (status && workerAt(status, { group, workerId }).generation > generation) || undefined;
    });
  }
}
