import { messageOf } from '../common/errors';
import { wire } from '../common/wires';
import type { Logger } from '../record/logger';
import { failed, type AnyResult, type Command, type CommandTarget, type ResultOf } from './command';
import { mergeCommands, withMerged } from './merge-commands';

export interface CommandQueueDeps<P> {
  /**
   * Prepares what the commands of a batch need first, once per batch. Commands that come meanwhile wait for the next
   * batch: something may have changed before them. Must not reject.
   */
  readonly prepare: (commands: readonly Command[]) => P | Promise<P>;
  /** Commands do not wait for each other. An error is logged, and becomes the reason of the failure. */
  readonly carryOut: (command: Command, prepared: P) => AnyResult | Promise<AnyResult>;
  readonly logger: Logger;
}

interface Entry {
  readonly command: Command;
  readonly answers: readonly ((result: AnyResult) => void)[];
}

/** A queue of commands. Commands that mean the same are merged, and each sender gets the answer. */
export class CommandQueue<P> implements CommandTarget {
  readonly #deps: CommandQueueDeps<P>;
  #waiting: readonly Entry[] = [];
  readonly #open = new Set<Entry>();
  #isWorking = false;
  #answerAfterEnd: ((command: Command) => AnyResult) | undefined;

  constructor(deps: CommandQueueDeps<P>) {
    this.#deps = deps;
  }

  submit<C extends Command>(command: C): Promise<ResultOf<C>>;
  submit(command: Command): Promise<AnyResult> {
    if (this.#answerAfterEnd) return Promise.resolve(this.#answerAfterEnd(command));
    return new Promise((resolve) => {
      this.#waiting = withMerged(this.#waiting, { command, answers: [resolve] }, mergeEntries);
      if (this.#isWorking) return;
      this.#isWorking = true;
      setImmediate(() => void this.#work());
    });
  }

  /** From now on nothing is carried out: open and later commands get this answer. */
  close(answer: (command: Command) => AnyResult): void {
    if (this.#answerAfterEnd) return;
    this.#answerAfterEnd = answer;
    const entries = [...this.#open, ...this.#waiting];
    this.#waiting = [];
    for (const entry of entries) this.#answer(entry, answer(entry.command));
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      for (const entry of batch) this.#open.add(entry);
      const prepared = this.#deps.prepare(batch.map(({ command }) => command));
      // Saves a turn of the event loop, in which the process may end.
      const ready = prepared instanceof Promise ? await prepared : prepared;
      for (const entry of batch) if (this.#open.has(entry)) this.#carryOut(entry, ready);
    }
    this.#isWorking = false;
  }

  #carryOut(entry: Entry, prepared: P): void {
    const { command } = entry;
    wire('command', command);
    void (async () => this.#deps.carryOut(command, prepared))()
      .catch((error: unknown) => {
        this.#deps.logger.error(`command ${command.kind} failed; this process goes on`, { error });
        return failed(command, messageOf(error));
      })
      .then((result) => this.#answer(entry, result));
  }

  /** The first answer counts. */
  #answer(entry: Entry, result: AnyResult): void {
    this.#open.delete(entry);
    for (const answer of entry.answers) answer(result);
  }
}

function mergeEntries(earlier: Entry, later: Entry): Entry | undefined {
  const command = mergeCommands(earlier.command, later.command);
  return command && { command, answers: [...earlier.answers, ...later.answers] };
}
