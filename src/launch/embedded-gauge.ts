import type { Server } from 'node:net';
import type { WorkerFigures } from '../contract/status';
import { BeatTimer } from '../health/beat-timer';
import { WorkerGauge } from '../health/worker-gauge';

/** The figures of an embedded worker: those of the process that it shares, and those that it has counted itself. */
export class EmbeddedGauge extends BeatTimer {
  readonly #gauge = new WorkerGauge('process');
  #figures: WorkerFigures = {};

  /** As of the last heartbeat. */
  get figures(): WorkerFigures {
    return this.#figures;
  }

  jobsDone(count: number): void {
    this.#gauge.jobsDone(count);
  }

  watch(server: Server): void {
    this.#gauge.watch(server);
  }

  end(): void {
    this.stop();
  }

  protected override beat(lateMs: number): void {
    this.#figures = this.#gauge.read(lateMs);
  }
}
