import { attempt } from '../common/attempt';
import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { WorkerPool } from '../pool/pool';
import type { Logger } from '../record/logger';
import type { Autoscaler } from './autoscaler';

export interface AutoscalingDeps {
  readonly engine: (group: string) => EngineConfig;
  readonly isEnding: () => boolean;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The groups that are scaled by their load. If there are none, nothing is loaded and no timer runs. */
export class Autoscaling {
  readonly #deps: AutoscalingDeps;
  readonly #scalers = new Map<string, Autoscaler | 'loading'>();
  #isOver = false;

  constructor(deps: AutoscalingDeps) {
    this.#deps = deps;
  }

  /** The workers start, or the configuration was replaced. */
  look(pools: ReadonlyMap<string, WorkerPool>): void {
    for (const [group, pool] of pools) {
      if (this.#deps.engine(group).autoscale === undefined || this.#scalers.has(group) || this.#isOver)
        continue;
      this.#scalers.set(group, 'loading');
      attempt(
        () => this.#begin(group, pool, pools.size > 1),
        (error) => {
          this.#scalers.delete(group);
          this.#deps.logger.error('autoscale could not start; the next reload tries again', { group, error });
        },
      );
    }
  }

  /** Why a command may not change the number of workers of a group, if so. It is logged, too. */
  refusal(group: string, asked: number): string | undefined {
    const { engine, logger } = this.#deps;
    if (engine(group).autoscale === undefined) return undefined;
    const reason =
      'autoscale decides the number of workers: change its min and max, or remove the key, and reload';
    logger.warn('the number of workers does not change: autoscale decides it', { group, asked });
    return reason;
  }

  /** The workers stop. */
  end(): void {
    this.#isOver = true;
    for (const scaler of this.#scalers.values()) if (scaler !== 'loading') scaler.end();
    this.#scalers.clear();
  }

  async #begin(group: string, pool: WorkerPool, isOneOfSeveral: boolean): Promise<void> {
    const { engine, isEnding, logger, clock } = this.#deps;
    const { Autoscaler } = await import('./autoscaler');
    if (this.#isOver) return;
    const scaler = new Autoscaler({
      pool,
      fields: isOneOfSeveral ? { group } : {},
      engine: () => engine(group),
      isEnding,
      onOff: () => this.#scalers.delete(group),
      logger,
      clock,
    });
    this.#scalers.set(group, scaler);
  }
}
