import type { RunningEngine } from '../commands/running-engine';
import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { EngineStatus } from '../contract/status';
import { readinessOf, type Readiness } from './readiness';

export interface StatusViewDeps {
  readonly running: RunningEngine;
  readonly engine: Pick<EngineConfig, 'statusToken' | 'restartBackoffResetMs'>;
  readonly clock: Clock;
}

/** What the open pages get. */
export interface PageView {
  readonly at: number;
  readonly status: EngineStatus;
  readonly readiness: Readiness;
  readonly hasActions: boolean;
}

/** The status. Callers that want it at the same time share one request. */
export class StatusView {
  readonly #deps: StatusViewDeps;
  #asked: Promise<EngineStatus> | undefined;

  constructor(deps: StatusViewDeps) {
    this.#deps = deps;
  }

  status(): Promise<EngineStatus> {
    this.#asked ??= this.#deps.running.status().finally(() => {
      this.#asked = undefined;
    });
    return this.#asked;
  }

  readinessOf(status: EngineStatus): Readiness {
    return readinessOf(status, this.#deps.engine.restartBackoffResetMs);
  }

  async page(): Promise<PageView> {
    const status = await this.status();
    const { engine, clock } = this.#deps;
    return {
      at: clock.wallTime(),
      status,
      readiness: this.readinessOf(status),
      hasActions: engine.statusToken !== undefined,
    };
  }
}
