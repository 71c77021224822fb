import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import Counter from 'prom-client/lib/counter';
import Histogram from 'prom-client/lib/histogram';
import type { EndReason } from '../contract/end-reasons';
import type { EventHub } from '../contract/event-hub';
import type { EngineEvents } from '../contract/events';
import type { DeathRecord, GroupStatus } from '../contract/status';
import { METRICS, type MetricName } from './metric-table';

const START_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
// A stop may take as long as workerGracefulKillTimeout, 600 s by default.
const DRAIN_SECONDS = [0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600];

/** After these no worker starts in the same slot. */
const LAST: readonly (EndReason | undefined)[] = ['stop', 'scale_down', 'upgrade', 'unrecoverable'];

/** The reasons that alerts are about. */
const PROBLEMS: readonly EndReason[] = ['crash', 'oom', 'heartbeat_timeout', 'ready_timeout'];

const MS = 1000;

/** Counts what happens in the tree from the start of the status server on. */
export class TreeCounters {
  readonly #startsBy = counter('serverengine_worker_starts_total');
  readonly #restarts = counter('serverengine_worker_restarts_total');
  readonly #rollouts = counter('serverengine_rollouts_total');
  readonly #reloads = counter('serverengine_config_reloads_total');
  readonly #starts = histogram('serverengine_worker_start_seconds', START_SECONDS);
  readonly #drains = histogram('serverengine_worker_drain_seconds', DRAIN_SECONDS);

  constructor() {
    // Present from the start: a rate over a series that begins with its first event would miss that event.
    for (const result of ['held', 'halted', 'overtaken']) this.#rollouts.inc({ result }, 0);
    for (const result of ['ok', 'failed']) this.#reloads.inc({ result }, 0);
  }

  /** Counts from now on. Returns the function that stops it. */
  listen(events: EventHub): () => void {
    const onReady = ({ group, startMs }: { readonly group: string; readonly startMs: number }): void =>
      this.#starts.observe({ group }, startMs / MS);
    const onExited = (death: DeathRecord): void => this.#count(death);
    const onRollout = ({ kind }: { readonly kind: string }): void => {
      if (kind !== 'begun' && kind !== 'progress') this.#rollouts.inc({ result: kind });
    };
    const onReloaded = ({ ok }: { readonly ok: boolean }): void =>
      this.#reloads.inc({ result: ok ? 'ok' : 'failed' });
    const onStarted = ({ group, start }: EngineEvents['workerStarted']): void => {
      if (start !== undefined) this.#startsBy.inc({ group, start });
    };
    events.on('workerStarted', onStarted);
    events.on('workerReady', onReady);
    events.on('workerExited', onExited);
    events.on('rollout', onRollout);
    events.on('configReloaded', onReloaded);
    return () => {
      events.off('workerStarted', onStarted);
      events.off('workerReady', onReady);
      events.off('workerExited', onExited);
      events.off('rollout', onRollout);
      events.off('configReloaded', onReloaded);
    };
  }

  /** @param groups the groups that exist now: their problem counters begin at 0, for the reason above. */
  metrics(groups: readonly GroupStatus[]): Promise<MetricObjectWithValues<MetricValue<string>>[]> {
    for (const { name: group, type, start: configured } of groups) {
      for (const reason of PROBLEMS) this.#restarts.inc({ group, reason }, 0);
      const starts = type !== 'process' ? [] : configured === 'fork' ? ['fork', 'spawn'] : ['spawn'];
      for (const start of starts) this.#startsBy.inc({ group, start }, 0);
    }
    const all = [this.#startsBy, this.#restarts, this.#rollouts, this.#reloads, this.#starts, this.#drains];
    return Promise.all(all.map((one) => one.get()));
  }

  #count({ group, reason, drainMs }: DeathRecord): void {
    if (drainMs !== undefined) this.#drains.observe({ group }, drainMs / MS);
    if (!LAST.includes(reason)) this.#restarts.inc({ group, reason: reason ?? 'returned' });
  }
}

function factsOf(name: MetricName) {
  const { help, labels } = METRICS[name];
  // Not into the global registry, which may be that of the user's own program.
  return { name, help, labelNames: [...labels] as string[], registers: [] };
}

function counter(name: MetricName): Counter {
  return new Counter(factsOf(name));
}

function histogram(name: MetricName, buckets: number[]): Histogram {
  return new Histogram({ ...factsOf(name), buckets });
}
