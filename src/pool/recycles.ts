import type { WorkerFigures } from '../contract/status';
import { ownerOf, say, type PoolDraft } from './pool-draft';
import type {
  LiveWorker,
  PoolMoment,
  PoolSettings,
  Recycle,
  RecycleReason,
  Serial,
  Slot,
} from './pool-state';
import { replacementOf } from './worker-phase';

/** What recycling goes by, of one worker at one moment. */
export interface Measure extends Pick<WorkerFigures, 'rssBytes' | 'heapUsedBytes' | 'jobs'> {
  readonly isListening: boolean;
}

/** So often workers are measured: as often as they tell their figures. */
const MEASURE_MS = 1000;

/** Workers that were started together reach a limit of age or jobs up to so much earlier. */
const JITTER = 0.1;

type Limits = Pick<PoolSettings, 'workerMaxMemory' | 'workerMaxAgeMs' | 'workerMaxJobs'>;

export function hasLimits({ workerMaxMemory, workerMaxAgeMs, workerMaxJobs }: Limits): boolean {
  return workerMaxMemory !== undefined || workerMaxAgeMs !== undefined || workerMaxJobs !== undefined;
}

/** Why a worker has had enough, if so. The first limit counts. */
export function recycleReason(
  { startedAt, jitter }: Pick<LiveWorker, 'startedAt' | 'jitter'>,
  { rssBytes, heapUsedBytes, jobs = 0 }: Omit<Measure, 'isListening'>,
  { workerMaxMemory, workerMaxAgeMs, workerMaxJobs }: Limits,
  now: number,
): RecycleReason | undefined {
  const early = 1 - JITTER * jitter;
  // A thread has no memory of its own but its heap.
  const memory = rssBytes ?? heapUsedBytes ?? 0;
  if (workerMaxMemory !== undefined && memory >= workerMaxMemory) return 'max_memory';
  if (workerMaxAgeMs !== undefined && now - startedAt >= workerMaxAgeMs * early) return 'max_age';
  return workerMaxJobs !== undefined && jobs >= workerMaxJobs * early ? 'max_jobs' : undefined;
}

/** When the workers must be measured again; Infinity: nothing is limited. */
export function measureDueAt({ measuredAt }: Pick<PoolDraft, 'measuredAt'>, settings: Limits): number {
  return hasLimits(settings) ? measuredAt + MEASURE_MS : Infinity;
}

export function measureIfDue(draft: PoolDraft, { now, settings }: PoolMoment): void {
  if (!draft.hasStarted || draft.stop !== 'none' || now < measureDueAt(draft, settings)) return;
  draft.measuredAt = now;
  draft.actions.push({ kind: 'measure' });
}

/** Puts every worker that has had enough into the queue, in the order in which that is found. */
export function onMeasured(
  draft: PoolDraft,
  measures: ReadonlyMap<Serial, Measure>,
  { now, settings }: PoolMoment,
): void {
  if (draft.stop !== 'none') return;
  const known = new Map(draft.recycles.map((recycle) => [recycle.serial, recycle]));
  const recycles: Recycle[] = [];
  for (const { workerId, state } of draft.slots.values()) {
    if (state.kind !== 'serving') continue;
    const { worker } = state;
    const measure = measures.get(worker.serial);
    if (!measure || worker.phase.kind !== 'running' || worker.told !== undefined) continue;
    const reason = recycleReason(worker, measure, settings, now);
    if (reason === undefined) continue;
    const { serial } = worker;
    const { isListening } = measure;
    const notBefore = known.get(serial)?.notBefore ?? now;
    recycles.push({ workerId, serial, reason, isListening, notBefore });
  }
  const rank = [...known.keys()];
  const rankOf = ({ serial }: Recycle): number => (known.has(serial) ? rank.indexOf(serial) : rank.length);
  draft.recycles = recycles.sort((a, b) => rankOf(a) - rankOf(b));
}

/** The next one whose time has come, taken out of the queue. Those that are not there any more are dropped. */
export function nextRecycle(
  draft: PoolDraft,
  { now, settings }: PoolMoment,
):
  | {
      readonly slot: Slot;
      readonly worker: LiveWorker;
      readonly reason: RecycleReason;
      readonly way: 'rolling' | 'all';
    }
  | undefined {
  for (const recycle of draft.recycles) {
    const { workerId, serial, reason, isListening, notBefore } = recycle;
    if (notBefore > now || draft.turns.has(workerId)) continue;
    draft.recycles = draft.recycles.filter((one) => one !== recycle);
    const slot = draft.slots.get(workerId);
    if (slot?.state.kind !== 'serving' || workerId >= draft.target) continue;
    const { worker } = slot.state;
    if (worker.serial !== serial || worker.told !== undefined) continue;
    say(draft, { kind: 'recycling', workerId, generation: worker.generation, pid: worker.pid, reason });
    return { slot, worker, reason, way: replacementOf(settings.restartStrategy, worker.phase, isListening) };
  }
  return undefined;
}

/** The old worker goes on; it is tried again after a while. */
export function failRecycle(
  draft: PoolDraft,
  workerId: number,
  reason: RecycleReason,
  why: string,
  { now, settings }: PoolMoment,
): void {
  const notBefore = now + settings.restartBackoffMaxMs;
  say(draft, { kind: 'recycle_failed', workerId, reason, why, retryMs: settings.restartBackoffMaxMs });
  const state = draft.slots.get(workerId)?.state;
  const worker = state && ownerOf(state);
  if (!worker || worker.told !== undefined) return;
  const { serial } = worker;
  draft.recycles = [...draft.recycles, { workerId, serial, reason, isListening: true, notBefore }];
}
