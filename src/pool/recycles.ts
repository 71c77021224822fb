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
import { heapNearSince, isHeapNearlyFull } from './heap-watch';
import { endOversizedStandbys } from './standbys';
import { replacementOf } from './worker-phase';

/** The facts on which recycling is decided, for one worker at one moment. */
export interface Measure extends Pick<
  WorkerFigures,
  'rssBytes' | 'heapUsedBytes' | 'heapFill' | 'jobs' | 'connections'
> {
  readonly isListening: boolean;
  /** Other workers accept from each of its sockets, too. */
  readonly sharesSockets?: boolean | undefined;
}

/** How often workers are measured: as often as they report their figures. */
const MEASURE_MS = 1000;

/** Workers that were started together reach a limit of age or jobs earlier by up to this share. */
const JITTER = 0.1;

type Limits = Pick<PoolSettings, 'workerMaxMemory' | 'workerMaxAgeMs' | 'workerMaxJobs'>;

/** A worker that has not reported its memory for this long never will. */
const UNKNOWN_MS = 10_000;

function hasLimits({ workerMaxMemory, workerMaxAgeMs, workerMaxJobs }: Limits): boolean {
  return workerMaxMemory !== undefined || workerMaxAgeMs !== undefined || workerMaxJobs !== undefined;
}

/** Whether each worker has a heap of its own. */
function hasHeaps({ workerType }: Pick<PoolSettings, 'workerType'>): boolean {
  return workerType === 'process' || workerType === 'thread';
}

/** Undefined: the worker does not report it. A thread has no memory of its own except its heap. */
function memoryOf({ rssBytes, heapUsedBytes }: Omit<Measure, 'isListening'>): number | undefined {
  return rssBytes ?? heapUsedBytes;
}

/** Why a worker must be recycled, if so. The first limit that is reached counts. */
export function recycleReason(
  { startedAt, jitter }: Pick<LiveWorker, 'startedAt' | 'jitter'>,
  measure: Omit<Measure, 'isListening'>,
  { workerMaxMemory, workerMaxAgeMs, workerMaxJobs }: Limits,
  now: number,
): RecycleReason | undefined {
  const early = 1 - JITTER * jitter;
  const { jobs = 0 } = measure;
  if (workerMaxMemory !== undefined && (memoryOf(measure) ?? 0) >= workerMaxMemory) return 'max_memory';
  if (workerMaxAgeMs !== undefined && now - startedAt >= workerMaxAgeMs * early) return 'max_age';
  return workerMaxJobs !== undefined && jobs >= workerMaxJobs * early ? 'max_jobs' : undefined;
}

/** When the workers must be measured again; Infinity: nothing is limited. */
export function measureDueAt(
  { measuredAt }: Pick<PoolDraft, 'measuredAt'>,
  settings: Limits & Pick<PoolSettings, 'workerType'>,
): number {
  return hasLimits(settings) || hasHeaps(settings) ? measuredAt + MEASURE_MS : Infinity;
}

export function measureIfDue(draft: PoolDraft, { now, settings }: PoolMoment): void {
  if (!draft.hasStarted || draft.stop !== 'none' || now < measureDueAt(draft, settings)) return;
  draft.measuredAt = now;
  draft.actions.push({ kind: 'measure' });
}

/** Queues every worker that has reached a limit, in the order in which that is noticed. */
export function onMeasured(
  draft: PoolDraft,
  measures: ReadonlyMap<Serial, Measure>,
  moment: PoolMoment,
): void {
  const { now, settings } = moment;
  if (draft.stop !== 'none') return;
  endOversizedStandbys(draft, (serial) => memoryOf(measures.get(serial) ?? {}), moment);
  const heapsNear = new Map<Serial, number>();
  const known = new Map(draft.recycles.map((recycle) => [recycle.serial, recycle]));
  const recycles: Recycle[] = [];
  for (const { workerId, state } of draft.slots.values()) {
    if (state.kind !== 'serving') continue;
    const { worker } = state;
    const measure = measures.get(worker.serial);
    if (!measure || worker.phase.kind !== 'running' || worker.told !== undefined) continue;
    reportUnknownMemory(draft, worker, measure, moment);
    const { serial } = worker;
    const { isListening, heapFill: fill } = measure;
    const nearSince = heapNearSince(draft.heapsNear.get(serial), fill, now);
    if (nearSince !== undefined) heapsNear.set(serial, nearSince);
    const heap = { nearSince, fill, ageMs: now - worker.startedAt };
    const limit = recycleReason(worker, measure, settings, now);
    const isHeap = limit === undefined && isHeapNearlyFull(heap, settings.restartBackoffResetMs, now);
    const reason = isHeap ? 'max_memory' : limit;
    if (reason === undefined) continue;
    const notBefore = known.get(serial)?.notBefore ?? now;
    recycles.push({
      workerId,
      serial,
      reason,
      heapFill: isHeap ? fill : undefined,
      isListening,
      notBefore,
    });
  }
  draft.heapsNear = heapsNear;
  const rank = [...known.keys()];
  const rankOf = ({ serial }: Recycle): number => (known.has(serial) ? rank.indexOf(serial) : rank.length);
  draft.recycles = recycles.sort((a, b) => rankOf(a) - rankOf(b));
}

/** A limit that can never trigger must not look like one that is enforced. */
function reportUnknownMemory(
  draft: PoolDraft,
  { workerId, generation, pid, startedAt }: LiveWorker,
  measure: Measure,
  { now, settings }: PoolMoment,
): void {
  if (draft.isMemoryUnknownLogged || settings.workerMaxMemory === undefined) return;
  if (memoryOf(measure) !== undefined || now - startedAt < UNKNOWN_MS) return;
  draft.isMemoryUnknownLogged = true;
  say(draft, { kind: 'memory_unknown', workerId, generation, pid });
}

/** Takes the next worker whose time has come out of the queue. Drops those that no longer exist. */
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
    const { workerId, serial, reason, heapFill, isListening, notBefore } = recycle;
    if (notBefore > now || draft.turns.has(workerId)) continue;
    draft.recycles = draft.recycles.filter((one) => one !== recycle);
    const slot = draft.slots.get(workerId);
    if (slot?.state.kind !== 'serving' || workerId >= draft.target) continue;
    const worker = { ...slot.state.worker, heapFill };
    if (worker.serial !== serial || worker.told !== undefined) continue;
    const { generation, pid } = worker;
    say(draft, { kind: 'recycling', workerId, generation, pid, reason, heapFill });
    return { slot, worker, reason, way: replacementOf(settings.restartStrategy, worker.phase, isListening) };
  }
  return undefined;
}

/** The old worker goes on; the server tries again after a while. */
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
