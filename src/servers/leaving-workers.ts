import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { WorkerView } from '../contract/server-control';
import type { Logger } from '../logging/logger';
import type { KillReason } from '../contract/end-reasons';
import type { StartedWorker } from './worker-slot';

export interface LeavingWorkersDeps {
  readonly engine: () => EngineConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** One of them has ended. */
  readonly onGone: () => void;
}

// A worker without a connection ends at once, as a rule: that need not be announced.
const ENDS_SOON_MS = 1000;

/**
 * Workers that were told to stop and have left their place: another has their id, or is on its way. They end by
 * themselves, under their escalation. Only the end of the pool waits for them. Runs in the server process.
 */
export class LeavingWorkers {
  readonly #deps: LeavingWorkersDeps;
  /** By the worker, its id. */
  readonly #workers = new Map<StartedWorker, number>();

  constructor(deps: LeavingWorkersDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#workers.size;
  }

  add(workerId: number, started: StartedWorker): void {
    if (this.#workers.has(started)) return;
    this.#workers.set(started, workerId);
    void started.closed.then(() => this.#onClosed(workerId, started));
    void started.handle.exited.then(() => {
      this.#workers.delete(started);
      this.#deps.onGone();
    });
  }

  requestStop(graceful: boolean, reason: KillReason): void {
    for (const { handle } of this.#workers.keys()) handle.requestStop(graceful, reason);
  }

  hurry(): void {
    for (const { handle } of this.#workers.keys()) handle.hurry();
  }

  /** They keep their configuration, but the level of the log, say, is that of all. */
  reload(): void {
    for (const { handle } of this.#workers.keys()) handle.reload();
  }

  dump(): void {
    for (const { handle } of this.#workers.keys()) handle.dump();
  }

  views(): readonly WorkerView[] {
    const now = this.#deps.clock.now();
    return [...this.#workers].map(([{ handle, generation, phase }, workerId]) => ({
      workerId,
      pid: handle.pid,
      state: phase.kind === 'closed' ? 'draining' : 'stopping',
      generation,
      uptimeMs: Math.round(now - handle.startedAt),
    }));
  }

  #onClosed(workerId: number, started: StartedWorker): void {
    const say = (): void => this.#sayLingers(workerId, started);
    if (started.phase.kind === 'closed' && started.phase.connections > 0) say();
    else this.#deps.clock.after(ENDS_SOON_MS, say, { unref: true });
  }

  #sayLingers(workerId: number, started: StartedWorker): void {
    const { handle, generation, phase } = started;
    if (!this.#workers.has(started) || phase.kind !== 'closed') return;
    const limitMs = this.#deps.engine().workerGracefulKillTimeoutMs;
    this.#deps.logger.info(
      `worker ${workerId} lingers: it accepts nothing new and finishes what it has begun`,
      {
        workerId,
        pid: handle.pid,
        generation,
        reason: handle.reason,
        connections: phase.connections,
        lingering: this.#workers.size,
        // From its stop on; then it is ended by force.
        limitMs: limitMs < 0 ? 'none' : limitMs,
      },
    );
  }
}
