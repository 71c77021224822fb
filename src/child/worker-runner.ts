import { systemClock } from '../common/clock';
import { callHook } from '../contract/call-hook';
import { stopRequestOf, type Worker } from '../contract/worker';
import type { LogFields, Logger } from '../record/logger';
import { nextLife, type WorkerLife } from './worker-life';

// Long enough for open connections to end. If an idle worker is still running after that, something was left open.
const LINGER_MS = 2000;

/** What the runner needs from the process or thread around it. */
export interface WorkerEnvironment {
  readonly logger: Logger;
  /** run() was entered, and has executed up to its first wait. */
  readonly onRunning: () => void;
  /**
   * A stop was requested; the worker does not know yet. Resolves when nothing new is accepted; undefined: nothing is
   * accepted now.
   */
  readonly onStopAsked: () => Promise<void> | undefined;
  /** The stop was passed on to the worker. */
  readonly onStopping: () => void;
  /** run() has settled: work in the event loop may finish, and the engine does not keep it alive. */
  readonly onSettled: () => void;
  /** Resolves once every server of the worker has closed: the last response is out. */
  readonly drained: () => Promise<void>;
  /** Ends the worker now. */
  readonly end: (status: number) => void;
}

/** Drives a Worker object where its run() is executed. The same for a process and for a thread. */
export class WorkerRunner {
  readonly #worker: Worker;
  readonly #around: WorkerEnvironment;
  #life: WorkerLife = 'running';
  #isStopAsked = false;
  #isOrphan = false;
  /** afterDrain() has settled. */
  #isClosed = false;
  /** Pipes to the processes above. */
  readonly #ownPipes = pipesOf(process.getActiveResourcesInfo());

  constructor(worker: Worker, around: WorkerEnvironment) {
    this.#worker = worker;
    this.#around = around;
  }

  async run(): Promise<void> {
    if (!this.#isStopping) {
      try {
        const running = this.#worker.run();
        this.#around.onRunning();
        await running;
      } catch (error) {
        this.#around.logger.error('run() failed; the worker ends with status 1', { error });
        this.#around.end(1);
        return;
      }
    }
    this.#around.onSettled();
    this.#life = nextLife(this.#life, 'settled');
    this.#finishIfDone();
  }

  /** Acts once: the escalation repeats TERM, and Ctrl-C reaches us as well as our parent. */
  requestStop(): void {
    if (this.#isStopAsked) return;
    this.#isStopAsked = true;
    const closing = this.#around.onStopAsked();
    // When stop() of the worker is called, no more connections come that it would not know of.
    if (closing) void closing.then(() => this.#passStopOn());
    else this.#passStopOn();
  }

  /** No process is left that would end it, or read what keeps it alive. */
  orphaned(): void {
    this.#isOrphan = true;
    this.requestStop();
  }

  #passStopOn(): void {
    this.#life = nextLife(this.#life, 'stop');
    callHook('stop', () => this.#worker.stop(), this.#around.logger);
    stopRequestOf(this.#worker).make();
    this.#around.onStopping();
    this.#finishIfDone();
  }

  reload(): void {
    if (!this.#isStopping) callHook('reload', () => this.#worker.reload(), this.#around.logger);
  }

  dump(): void {
    callHook('dump', () => this.#worker.dump(), this.#around.logger);
  }

  /** Nothing is left to do, and the worker is about to end. */
  onIdle(): void {
    if (this.#life !== 'returned') return;
    this.#around.logger.info(
      'run() has returned and nothing is left to do, so the worker ends and is started again. ' +
        'To keep it running until a stop, end run() with: await this.untilStop()',
    );
  }

  get #isStopping(): boolean {
    return this.#life === 'stopping' || this.#life === 'finishing';
  }

  #finishIfDone(): void {
    if (this.#life === 'finishing') void this.#finish();
  }

  /** Work of run() and the last responses still use what afterDrain() closes. */
  async #finish(): Promise<void> {
    await this.#around.drained();
    callHook('afterDrain', () => this.#close(), this.#around.logger);
    systemClock.after(LINGER_MS, () => void this.#linger(), { unref: true });
  }

  async #close(): Promise<void> {
    try {
      await this.#worker.afterDrain();
    } finally {
      this.#isClosed = true;
    }
  }

  #linger(): void | Promise<void> {
    const open = withoutPipes(process.getActiveResourcesInfo(), this.#ownPipes);
    if (!this.#isOrphan) return this.#explainLinger(open);
    // Everything is done; a repeating timer would keep it alive until the end of the graceful timeout.
    if (this.#isClosed && open.every((name) => name === 'Timeout')) this.#around.end(0);
    else systemClock.after(LINGER_MS, () => void this.#linger(), { unref: true });
  }

  async #explainLinger(names: readonly string[]): Promise<void> {
    const { logger } = this.#around;
    const open = countOf(names);
    const things = await openThings(logger);
    logger.warn(
      'the worker has stopped and drained, but its event loop still has work: close it in afterDrain()',
      { open, ...things },
    );
  }
}

// Enough to recognize what they are.
const MOST_SHOWN = 5;

/** As in a dump: with peer and purpose. Loaded here, because most workers never need it. */
async function openThings(logger: Logger): Promise<LogFields> {
  try {
    const { describeOpenThings } = await import('../dump/open-things');
    const lists = Object.entries(describeOpenThings() as unknown as Readonly<Record<string, string[]>>);
    return Object.fromEntries(
      lists.flatMap(([kind, list]) => {
        const left = list.length - MOST_SHOWN;
        const more = left > 0 ? [`and ${left} more`] : [];
        return list.length === 0 ? [] : [[kind, [...list.slice(0, MOST_SHOWN), ...more].join('; ')]];
      }),
    );
  } catch (error) {
    logger.debug('it is not known what keeps the event loop alive', { error });
    return {};
  }
}

const PIPE = 'PipeWrap';

function pipesOf(names: readonly string[]): number {
  return names.filter((name) => name === PIPE).length;
}

/** Removes this many of them: they are ours. */
function withoutPipes(names: readonly string[], count: number): readonly string[] {
  let left = count;
  return names.filter((name) => name !== PIPE || (left -= 1) < 0);
}

function countOf(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name}×${count}`).join(' ');
}
