import { systemClock } from '../common/clock';
import { callHook } from '../contract/call-hook';
import { stopRequestOf, type Worker } from '../contract/worker';
import type { LogFields, Logger } from '../record/logger';
import { nextLife, type WorkerLife } from './worker-life';

// Long enough for connections in flight to end; an idle worker that is still here then was left something open.
const LINGER_MS = 2000;

/** What surrounds one worker: how it is kept alive, and how it ends. */
export interface WorkerSurroundings {
  readonly logger: Logger;
  /** run() was entered, and has done what it does before it first waits. */
  readonly onRunning: () => void;
  /** A stop was asked for; the worker does not know yet. Resolves when nothing new is accepted; undefined: it is so now. */
  readonly onStopAsked: () => Promise<void> | undefined;
  /** A stop was passed on. */
  readonly onStopping: () => void;
  /** run() has settled: what is left in the event loop may finish, nothing of ours holds it. */
  readonly onSettled: () => void;
  /** Resolves once every server of the worker has closed: the last answer is out. */
  readonly drained: () => Promise<void>;
  /** Ends the worker now. */
  readonly end: (status: number) => void;
}

/** The life of a Worker object where its run() is. The same for a process and for a thread. */
export class WorkerRunner {
  readonly #worker: Worker;
  readonly #around: WorkerSurroundings;
  #life: WorkerLife = 'running';
  #isStopAsked = false;
  #isOrphan = false;
  /** afterDrain() has settled. */
  #isClosed = false;
  /** Pipes to the processes above. */
  readonly #ownPipes = pipesOf(process.getActiveResourcesInfo());

  constructor(worker: Worker, around: WorkerSurroundings) {
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
        this.#around.logger.error('run() failed, the worker ends with status 1', { error });
        this.#around.end(1);
        return;
      }
    }
    this.#around.onSettled();
    this.#life = nextLife(this.#life, 'settled');
    this.#finishIfDone();
  }

  /** Once: TERM is repeated by the escalation, and Ctrl-C reaches us as well as our parent. */
  requestStop(): void {
    if (this.#isStopAsked) return;
    this.#isStopAsked = true;
    const closing = this.#around.onStopAsked();
    // When its stop() is called, no connection comes any more of which that would not know.
    if (closing) void closing.then(() => this.#passStopOn());
    else this.#passStopOn();
  }

  /** Nobody is left who would end it, or read what holds it. */
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

  /** A job of run() and the last answers still use what afterDrain() closes. */
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
    // All is done, and a timer that comes again and again would hold it until the end of the graceful timeout.
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

/** As in a dump: with whom, for what. Loaded here, because most workers never need it. */
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

/** Without so many of them: they are ours. */
function withoutPipes(names: readonly string[], count: number): readonly string[] {
  let left = count;
  return names.filter((name) => name !== PIPE || (left -= 1) < 0);
}

function countOf(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name}×${count}`).join(' ');
}
