import type { AnyResult, Command, CommandTarget, ResultOf } from './command';

/** Called for each command when it begins. `result` never rejects. */
export type CommandListener = (command: Command, result: Promise<AnyResult>) => void;

/** Passes every command on, and notifies listeners. */
export class ObservedTarget implements CommandTarget {
  readonly #target: CommandTarget;
  readonly #listeners: CommandListener[] = [];

  constructor(target: CommandTarget) {
    this.#target = target;
  }

  submit<C extends Command>(command: C): Promise<ResultOf<C>> {
    const result = this.#target.submit(command);
    for (const listener of this.#listeners) listener(command, result);
    return result;
  }

  onCommand(listener: CommandListener): void {
    this.#listeners.push(listener);
  }
}
