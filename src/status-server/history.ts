import type { EngineStatus, WorkerStatus } from '../contract/status';

/** What is kept about a worker at each step. */
const SERIES = ['memoryBytes', 'loopDelayMs', 'utilization'] as const;

export type SeriesName = (typeof SERIES)[number];

/** Columns of one worker over time; null where there was no worker, or it sent nothing. */
export type WorkerHistory = Readonly<Record<SeriesName, readonly (number | null)[]>> & {
  readonly at: readonly number[];
};

/** Columns of one group over time. */
export interface GroupHistory {
  readonly at: readonly number[];
  /** How many workers were running. */
  readonly running: readonly (number | null)[];
  /** The sum over its workers: the heap of a thread, the resident memory of a process. */
  readonly memoryBytes: readonly (number | null)[];
  /** The worst of its workers. */
  readonly loopDelayMs: readonly (number | null)[];
  /** The mean, and the busiest worker. */
  readonly utilization: readonly (number | null)[];
  readonly utilizationMax: readonly (number | null)[];
}

interface Row {
  /** One value after the other: SERIES of step 0, of step 1, … */
  readonly values: Float32Array;
  lastSeen: number;
}

/**
 * The last hour, in coarse steps: half a megabyte for 200 workers, ten kilobytes for 4, and never more than that. A worker
 * that was not seen during the whole hour is forgotten.
 */
export class History {
  readonly #steps: number;
  readonly #times: Float64Array;
  readonly #rows = new Map<string, Row>();
  /** How many steps were taken. */
  #count = 0;

  /** @param steps how many are kept. */
  constructor(steps: number) {
    this.#steps = steps;
    this.#times = new Float64Array(steps);
  }

  /** @param at wall time. */
  add(at: number, { workers }: EngineStatus): void {
    const step = this.#count % this.#steps;
    this.#times[step] = at;
    for (const row of this.#rows.values())
      row.values.fill(NaN, step * SERIES.length, (step + 1) * SERIES.length);
    for (const worker of workers) {
      if (worker.pid === undefined || worker.state === 'draining') continue;
      const row = this.#rowOf(worker);
      row.lastSeen = this.#count;
      SERIES.forEach((name, column) => {
        row.values[step * SERIES.length + column] = valueOf(worker, name) ?? NaN;
      });
    }
    this.#count += 1;
    for (const [key, row] of this.#rows) if (this.#count - row.lastSeen > this.#steps) this.#rows.delete(key);
  }

  /** What is in memory, for a test of its bounds. */
  get bytes(): number {
    return [...this.#rows.values()].reduce(
      (sum, { values }) => sum + values.byteLength,
      this.#times.byteLength,
    );
  }

  worker(group: string, workerId: number): WorkerHistory | undefined {
    const row = this.#rows.get(keyOf(group, workerId));
    if (!row) return undefined;
    const columns = SERIES.map((name, column) => [
      name,
      this.#order().map((step) => numberOrNull(row.values[step * SERIES.length + column])),
    ]);
    return { at: this.#at(), ...(Object.fromEntries(columns) as Record<SeriesName, (number | null)[]>) };
  }

  group(group: string): GroupHistory {
    const rows = [...this.#rows].filter(([key]) => groupOf(key) === group).map(([, { values }]) => values);
    const column = (name: SeriesName, fold: (values: readonly number[]) => number) =>
      this.#order().map((step) => {
        const index = step * SERIES.length + SERIES.indexOf(name);
        const known = rows.map((values) => values[index] ?? NaN).filter((value) => !Number.isNaN(value));
        return known.length === 0 ? null : fold(known);
      });
    return {
      at: this.#at(),
      running: column('loopDelayMs', (values) => values.length),
      memoryBytes: column('memoryBytes', sum),
      loopDelayMs: column('loopDelayMs', greatest),
      utilization: column('utilization', (values) => sum(values) / values.length),
      utilizationMax: column('utilization', greatest),
    };
  }

  #rowOf({ group, workerId }: WorkerStatus): Row {
    const key = keyOf(group, workerId);
    const known = this.#rows.get(key);
    if (known) return known;
    const made = { values: new Float32Array(this.#steps * SERIES.length).fill(NaN), lastSeen: this.#count };
    this.#rows.set(key, made);
    return made;
  }

  /** Oldest first. */
  #order(): readonly number[] {
    const kept = Math.min(this.#count, this.#steps);
    return Array.from({ length: kept }, (_, index) => (this.#count - kept + index) % this.#steps);
  }

  #at(): readonly number[] {
    return this.#order().map((step) => this.#times[step] ?? 0);
  }
}

function valueOf(
  { rssBytes, heapUsedBytes, ...figures }: WorkerStatus,
  name: SeriesName,
): number | undefined {
  return name === 'memoryBytes' ? (rssBytes ?? heapUsedBytes) : figures[name];
}

function keyOf(group: string, workerId: number): string {
  return `${workerId}/${group}`;
}

function groupOf(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity);
}

function numberOrNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
