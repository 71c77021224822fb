import type { Server } from 'node:net';
import { systemClock } from '../common/clock';
import { residentBytes } from '../common/resident-memory';
import type { WorkerFigures } from '../contract/status';
import { isLoaded } from '../node-internals/debugger';
import type { BoardState } from '../protocol/board-record';
import { HeapFill, type HeapLook } from './heap-fill';

// Touching a hundred megabytes takes more CPU time than this.
const IDLE_MS = 10;
// The kernel may have taken some memory away.
const LOOK_ANYWAY_MS = 30_000;

interface Moment {
  readonly at: number;
  /** CPU time of the process so far. */
  readonly usedMs: number;
}

interface Memory extends Moment, HeapLook {
  readonly rssBytes: number | undefined;
}

/** The worker's own figures, read at each beat. It costs a few microseconds, and nothing between the beats. */
export class WorkerGauge {
  readonly #load: LoopLoad;
  /** A thread has no memory of its own that could be reported. */
  readonly #isProcess: boolean;
  readonly #servers = new Set<Server>();
  readonly #heap: HeapFill;
  #state: BoardState = 'starting';
  #jobs = 0;
  #connections = 0;
  #memory: Memory | undefined;

  /** @param threadLimitMb the heap limit of a thread. */
  constructor(kind: 'process' | 'thread', threadLimitMb?: number) {
    this.#isProcess = kind === 'process';
    this.#heap = new HeapFill(threadLimitMb);
    this.#load = new LoopLoad(this.#isProcess);
  }

  get state(): BoardState {
    return this.#state;
  }

  enter(state: BoardState): void {
    this.#state = state;
  }

  /** From now on measured exactly, even if that needs another module. */
  measureLoop(): void {
    this.#load.measure();
  }

  jobsDone(count: number): void {
    this.#jobs += count;
  }

  /** Until the server has closed. May be called again for the same server. */
  watch(server: Server): void {
    if (this.#servers.has(server)) return;
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
  }

  /** @param lateMs how late the beat is. */
  read(lateMs: number): WorkerFigures {
    const now = { at: systemClock.now(), usedMs: processorMs() };
    this.#lookAtMemory(now);
    const figures = {
      rssBytes: this.#memory?.rssBytes,
      heapUsedBytes: this.#memory?.heapUsedBytes,
      heapFill: this.#memory?.heapFill,
      loopDelayMs: lateMs,
      utilization: this.#load.sinceLast(now),
      jobs: this.#jobs,
      connections: this.#servers.size === 0 ? 0 : this.#connections,
    };
    this.#countConnections();
    return figures;
  }

  /**
   * Reading the memory costs more than the rest of a beat; the memory of a process that has done nothing has not
   * changed.
   */
  #lookAtMemory({ at, usedMs }: Moment): void {
    const last = this.#memory;
    if (last && usedMs - last.usedMs < IDLE_MS && at - last.at < LOOK_ANYWAY_MS) return;
    this.#memory = {
      at,
      usedMs,
      rssBytes: this.#isProcess ? (residentBytes() ?? last?.rssBytes) : undefined,
      ...this.#heap.look(),
    };
  }

  /** For the next beat: Node has the number at hand, but calls back a moment later. */
  #countConnections(): void {
    let sum = 0;
    let asked = this.#servers.size;
    for (const server of this.#servers) {
      server.getConnections((error, count) => {
        sum += error ? 0 : count;
        asked -= 1;
        if (asked === 0) this.#connections = sum;
      });
    }
  }
}

type LoopUtilization = ReturnType<typeof performance.eventLoopUtilization>;

/**
 * How busy the event loop was. Node measures it in node:perf_hooks, which takes 3 ms and 250 KB to load: so it is used
 * only if the program has loaded it, or if it is needed. Otherwise the share of a CPU that the process used is taken
 * instead.
 */
class LoopLoad {
  readonly #isProcess: boolean;
  #loop: LoopUtilization | undefined;
  #last: Moment | undefined;

  constructor(isProcess: boolean) {
    this.#isProcess = isProcess;
  }

  measure(): void {
    this.#loop ??= performance.eventLoopUtilization();
  }

  /** 0 to 1; undefined: unknown. */
  sinceLast(now: Moment): number | undefined {
    if (this.#loop || isLoaded('perf_hooks')) return this.#ofLoop();
    return this.#isProcess ? this.#ofProcessor(now) : undefined;
  }

  #ofLoop(): number | undefined {
    const last = this.#loop;
    this.#loop = performance.eventLoopUtilization();
    return last && performance.eventLoopUtilization(this.#loop, last).utilization;
  }

  #ofProcessor(now: Moment): number | undefined {
    const last = this.#last;
    this.#last = now;
    if (!last || now.at <= last.at) return undefined;
    return Math.min(1, (now.usedMs - last.usedMs) / (now.at - last.at));
  }
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
