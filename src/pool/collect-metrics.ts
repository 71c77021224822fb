import type { ProgramMetrics } from '../commands/program-metrics';
import type { Clock, ClockTimer } from '../common/clock';
import type { LiveWorker } from './pool-state';
import type { WorkerHandle } from './worker-handle';

// A scrape waits for the answers. A slower worker is left out, and listed as missing.
const LIMIT_MS = 1500;

export interface MetricsSource {
  readonly group: string;
  readonly clock: Clock;
  readonly workers: readonly LiveWorker[];
  readonly handle: (worker: LiveWorker) => WorkerHandle | undefined;
}

/** Collects the metrics of the programs in all running workers at once. A worker that still boots is not asked. */
export async function collectMetrics(source: MetricsSource): Promise<readonly ProgramMetrics[]> {
  let limit: ClockTimer | undefined;
  const isLate = new Promise<undefined>((resolve) => {
    limit = source.clock.after(LIMIT_MS, () => resolve(undefined));
  });
  const asked = source.workers
    .filter(({ phase }) => phase.kind !== 'starting')
    .map((worker) => askOne(source, worker, isLate));
  const answers = await Promise.all(asked);
  limit?.cancel();
  return answers.filter((answer) => answer !== undefined);
}

async function askOne(
  { group, handle }: MetricsSource,
  worker: LiveWorker,
  isLate: Promise<undefined>,
): Promise<ProgramMetrics | undefined> {
  const { serial, workerId, generation, pid } = worker;
  const asked = handle(worker)?.metrics?.();
  if (!asked) return undefined;
  const key = [group, workerId, generation, serial, pid].join('/');
  const answer = await Promise.race([asked, isLate]);
  return answer ? { key, ...answer } : { key, isSilent: true };
}
