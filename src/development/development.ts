import type { AnyResult, Command, CommandTarget } from '../commands/command';
import type { Clock } from '../common/clock';
import type { Logger } from '../record/logger';
import { ChangeBatch } from './change-batch';
import {
  announcement,
  consequenceOf,
  subjectOf,
  together,
  type Change,
  type Consequence,
  type ProgramFiles,
} from './change-plan';
import type { CheckOutcome } from './program-check';

export interface DevelopmentDeps {
  readonly files: ProgramFiles;
  readonly target: CommandTarget;
  /** Whether the program loads in its present state. */
  readonly check: (signal: AbortSignal) => Promise<CheckOutcome>;
  /** Makes the path as the user knows it. */
  readonly name: (path: string) => string;
  readonly logger: Logger;
  readonly clock: Clock;
}

const COMMANDS: Readonly<Record<Consequence, Command>> = {
  reload: { kind: 'reload' },
  workers: { kind: 'restart', graceful: true },
  server: { kind: 'detach' },
  'workers, not the server': { kind: 'restart', graceful: true },
};

/** Makes the engine follow the files of its program. A broken change is logged, and what runs is left alone. */
export class Development {
  readonly #deps: DevelopmentDeps;
  readonly #batch: ChangeBatch;
  #check: AbortController | undefined;
  /** Changes that the engine has not followed yet: the program is being checked, or does not load. */
  #ahead: ReadonlyMap<string, Change> = new Map();
  #isOver = false;

  constructor(deps: DevelopmentDeps) {
    this.#deps = deps;
    this.#batch = new ChangeBatch({ clock: deps.clock, onBatch: (changes) => void this.#follow(changes) });
  }

  changed(path: string, change: Change): void {
    if (!this.#isOver) this.#batch.add(path, change);
  }

  close(): void {
    this.#isOver = true;
    this.#batch.cancel();
    this.#check?.abort();
  }

  /** Never rejects. */
  async #follow(changes: ReadonlyMap<string, Change>): Promise<void> {
    const { files, logger, name } = this.#deps;
    // The check under way looks at an outdated state.
    this.#check?.abort();
    const all = withMore(this.#ahead, changes);
    this.#ahead = all;
    const consequence = consequenceOf([...all.keys()], files);
    if (consequence !== 'reload' && !(await this.#loads(changes))) return;
    this.#ahead = new Map();
    logger.info(announcement(all, consequence, name));
    const result = await this.#carryOut(COMMANDS[consequence]);
    if (this.#isOver || result.ok || consequence === 'reload') return;
    const { outcome, kept = 0 } = result as { readonly outcome?: string; readonly kept?: number };
    if (outcome === 'overtaken') return;
    const what =
      consequence === 'server'
        ? 'the next server process does not become ready'
        : `the new workers are not ready: ${kept > 0 ? 'the old ones stay' : 'they are tried again'}`;
    logger.warn(`${what}, until the next change of a file`, { reason: result.reason });
  }

  /** If the last server has failed, there is nothing to detach from: a restart starts the next one. */
  async #carryOut(command: Command): Promise<AnyResult> {
    const { target } = this.#deps;
    const result = await target.submit(command);
    if (result.ok || command.kind !== 'detach') return result;
    return target.submit({ kind: 'restart', graceful: true });
  }

  async #loads(changes: ReadonlyMap<string, Change>): Promise<boolean> {
    const { check, logger, name } = this.#deps;
    const aborted = new AbortController();
    this.#check = aborted;
    const outcome = await check(aborted.signal);
    if (aborted.signal.aborted) return false;
    this.#check = undefined;
    if (!outcome) return true;
    const { why, said } = outcome;
    if (said.trim() !== '') logger.error(said.trim());
    logger.error(
      `${subjectOf(changes, name)}, but the program does not load: the running workers stay until the next change of a file`,
      { reason: why },
    );
    return false;
  }
}

function withMore(
  before: ReadonlyMap<string, Change>,
  changes: ReadonlyMap<string, Change>,
): ReadonlyMap<string, Change> {
  const all = new Map(before);
  for (const [path, change] of changes) {
    const both = together(all.get(path), change);
    all.delete(path);
    // A file that was new and is gone again may still be named by others.
    all.set(path, both ?? change);
  }
  return all;
}
