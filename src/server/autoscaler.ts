import type { Clock, ClockTimer } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { WorkerPool } from '../pool/pool';
import type { Logger } from '../record/logger';
import { autoscaleSample, readMemory, type MemoryView } from './autoscale-sample';
import { NEW_AUTOSCALE, stepAutoscale, type AutoscaleSample, type AutoscaleStep } from './step-autoscale';

export interface AutoscalerDeps {
  readonly pool: WorkerPool;
  /** Fields of every record: the group, if there are several. */
  readonly fields: { readonly group?: string };
  readonly engine: () => EngineConfig;
  /** The server is stopping. */
  readonly isEnding: () => boolean;
  /** The key is no longer set. */
  readonly onOff: () => void;
  readonly memory?: () => MemoryView;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Adapts the number of workers of one group to their load while the key `autoscale` is set: see step-autoscale. */
export class Autoscaler {
  readonly #deps: AutoscalerDeps;
  #state = NEW_AUTOSCALE;
  #timer: ClockTimer | undefined;

  constructor(deps: AutoscalerDeps) {
    this.#deps = deps;
    this.#arm();
  }

  end(): void {
    this.#timer?.cancel();
  }

  /** One look per heartbeat: there is nothing new to see in between. */
  #arm(): void {
    const { clock, engine } = this.#deps;
    this.#timer = clock.after(engine().workerHeartbeatIntervalMs, () => this.#look(), { unref: true });
  }

  #look(): void {
    const { pool, engine, isEnding, onOff, memory = readMemory, clock } = this.#deps;
    const { autoscale } = engine();
    if (!autoscale) {
      onOff();
      return;
    }
    const isHeld = isEnding();
    const sample = autoscaleSample(pool.status(), { memory: memory(), isHeld, now: clock.now() });
    const step = stepAutoscale(this.#state, sample, autoscale);
    this.#state = step.state;
    this.#perform(step, sample, autoscale.target);
    this.#arm();
  }

  #perform({ to, why, isShort }: AutoscaleStep, sample: AutoscaleSample, target: number): void {
    const { pool, logger, fields } = this.#deps;
    const { workers: from, utilization, fitting } = sample;
    const figures = {
      utilization: utilization === undefined ? undefined : Math.round(utilization * 100) / 100,
      target,
      fitting: fitting === Infinity ? undefined : fitting,
    };
    if (isShort) {
      logger.warn('autoscale would add workers, but there is no memory for them', {
        ...fields,
        workers: from,
        ...figures,
      });
    }
    if (to === undefined) return;
    logger.info('autoscale changes the number of workers', { ...fields, from, to, why, ...figures });
    pool.scale(to);
  }
}
