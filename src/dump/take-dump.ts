import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { isMainThread, threadId } from 'node:worker_threads';
import { sleep, type Clock } from '../common/clock';
import { messageOf } from '../common/errors';
import type { DumpSettings } from '../config/dump-settings';
import { maskEngine, maskUser } from '../config/mask';
import type { Logger } from '../record/logger';
import { appendDump } from './dump-file';
import { formatDump, type DumpChildren, type DumpFacts, type DumpSubject } from './dump-report';
import { sampleLateness } from '../watchdog/loop-lateness';
import { processFacts } from './process-facts';

/** `engine`: for processes that have it. */
export interface DumpedConfig {
  readonly engine?: object;
  readonly user: object;
}

/** What Node does not know about a process. */
export interface DumpRequest {
  readonly who: DumpSubject;
  readonly settings: Pick<DumpSettings, 'dir' | 'heap' | 'visible'>;
  /** Where the dump was requested. */
  readonly stack: string;
  /** Unmasked: secrets are masked here. */
  readonly config: DumpedConfig;
  readonly heldSockets?: readonly string[] | undefined;
  readonly children?: DumpChildren | undefined;
  readonly beatLatenessMs?: readonly number[] | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

// Long enough for some twenty samples, and short enough that nobody has to wait.
const SAMPLE = { everyMs: 10, forMs: 200 };

const underWay = new Set<string>();

/**
 * Writes a dump of this process, or of this thread, to its file. Resolves when it is written; never rejects: errors are
 * logged. A request during a dump gets the same dump: `fg` sends SIGCONT to the whole group, and the server passes its
 * own on.
 */
export async function takeDump(request: DumpRequest): Promise<void> {
  const { settings, who } = request;
  const dir = resolve(settings.dir);
  const name = dumpName(process.pid, isMainThread ? undefined : (who.workerId ?? threadId));
  const path = join(dir, `${name}.log`);
  if (underWay.has(path)) return;
  underWay.add(path);
  try {
    await saveDump(path, request);
    if (settings.heap) await saveHeap(dir, name, request);
  } finally {
    underWay.delete(path);
  }
}

/** A thread shares the pid of its server: its worker id makes the name unique. */
export function dumpName(pid: number, thread: number | undefined): string {
  return `sigdump-${String(pid)}${thread === undefined ? '' : `-thread-${String(thread)}`}`;
}

async function saveDump(path: string, request: DumpRequest): Promise<void> {
  const { logger } = request;
  try {
    appendDump(path, formatDump(await collect(request)));
    logger.info('dump written', { path });
  } catch (error) {
    logger.warn('dump not written', { path, reason: messageOf(error) });
  }
}

async function collect(request: DumpRequest): Promise<DumpFacts> {
  const { who, stack, heldSockets, children, beatLatenessMs, clock, config } = request;
  const timeMs = clock.wallTime();
  // First, so that our own timers are not included.
  const facts = processFacts();
  const before = performance.eventLoopUtilization();
  const latenessMs = await sampleLateness(clock, SAMPLE);
  const loop = {
    utilization: before.utilization,
    utilizationNow: performance.eventLoopUtilization(before).utilization,
    sampleMs: SAMPLE.forMs,
    latenessMs,
    beatLatenessMs,
  };
  const { engine, user } = config;
  const shown = {
    ...(engine ? { engine: maskEngine({ ...engine }) } : {}),
    user: maskUser({ ...user }, request.settings.visible),
  };
  return { timeMs, who, process: facts, stack, loop, heldSockets, children, config: shown };
}

async function saveHeap(dir: string, name: string, { logger, clock }: DumpRequest): Promise<void> {
  try {
    const { saveHeapSnapshot } = await import('./heap-snapshot');
    // The record of the dump first: the event loop that writes the log is about to stand still.
    await sleep(clock, 0);
    const startedAt = clock.now();
    const snapshot = saveHeapSnapshot(dir, name);
    logger.info('heap snapshot written', { ...snapshot, tookMs: Math.round(clock.now() - startedAt) });
  } catch (error) {
    logger.warn('heap snapshot not written', { dir, reason: messageOf(error) });
  }
}
