import { freemem, totalmem } from 'node:os';
import { groupMemory } from '../common/group-memory';
import { residentBytes } from '../common/resident-memory';
import type { WorkerStatus } from '../contract/status';
import type { PoolStatus } from '../pool/pool';
import type { AutoscaleSample } from './step-autoscale';

/** The memory that is available for workers and everything else: of the container, or of the machine. */
export interface MemoryView {
  readonly limitBytes: number;
  /** Undefined: unknown. */
  readonly usedBytes: number | undefined;
  /** The memory of the server process, which contains all threads. */
  readonly ownBytes: number | undefined;
}

export function readMemory(): MemoryView {
  const machine = { limitBytes: totalmem(), usedBytes: totalmem() - freemem() };
  return { ...(groupMemory() ?? machine), ownBytes: residentBytes() };
}

// The process that asks for memory last is not always the one that the kernel kills.
const RESERVE = 0.1;

// A worker that keeps crashing would otherwise count as a busy one in between.
const CRASH_MS = 10_000;

/** What the decision needs to know about a group of workers. `now` is on the monotonic clock of the status. */
export function autoscaleSample(
  { group, workers, rollout, crashedAt = -Infinity }: PoolStatus,
  { memory, isHeld, now }: { memory: MemoryView; isHeld: boolean; now: number },
): AutoscaleSample {
  // Workers beyond the target finish what they have begun, for as long as they like.
  const running = workers.filter(({ workerId, state }) => workerId < group.target && state === 'running');
  const isAnyStarting = workers.some(({ state }) => state === 'starting' || state === 'waiting');
  return {
    workers: group.target,
    isHeld: isHeld || rollout !== undefined,
    isSteady: running.length === group.target && !isAnyStarting && now - crashedAt >= CRASH_MS,
    utilization: mean(running.map(({ utilization }) => utilization)),
    fitting: fittingIn(memory, running, group.type === 'thread'),
  };
}

function fittingIn(
  { limitBytes, usedBytes, ownBytes }: MemoryView,
  running: readonly WorkerStatus[],
  areThreads: boolean,
): number {
  const count = running.length;
  const each = areThreads
    ? ownBytes === undefined
      ? undefined
      : ownBytes / count
    : mean(running.map(({ rssBytes }) => rssBytes));
  if (each === undefined || count === 0 || each <= 0) return Infinity;
  const others = Math.max(0, (usedBytes ?? 0) - each * count);
  return Math.max(0, Math.floor((limitBytes * (1 - RESERVE) - others) / each));
}

function mean(figures: readonly (number | undefined)[]): number | undefined {
  const known = figures.filter((figure) => figure !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, figure) => sum + figure, 0) / known.length;
}
