import type { CommandTarget, ServerCommand } from '../servers/commands';

const DEFAULT_SIGNALS: readonly NodeJS.Signals[] = [
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGUSR1',
  'SIGHUP',
  'SIGUSR2',
  'SIGCONT',
  'SIGTTIN',
  'SIGTTOU',
];

const ignoreSignal = (): void => {};

/**
 * The signals of supervisor or server as commands. They are caught from the moment this is made, before anything
 * slow, and kept until the configuration has told what they mean.
 */
export class SignalSource {
  readonly #early: NodeJS.Signals[] = [];
  readonly #handlers = new Map<NodeJS.Signals, () => void>();
  #commands: ReadonlyMap<NodeJS.Signals, ServerCommand> | undefined;
  #target: CommandTarget | undefined;
  #onUnknown: ((signal: NodeJS.Signals) => void) | undefined;

  constructor() {
    for (const signal of DEFAULT_SIGNALS) this.#catch(signal);
  }

  /**
   * Hands over what came so far, and every later one. A signal that means nothing since its command was given to
   * another one does not get its default action back: out of habit somebody will send it, and it would kill us.
   */
  deliver(
    commands: ReadonlyMap<NodeJS.Signals, ServerCommand>,
    target: CommandTarget,
    onUnknown: (signal: NodeJS.Signals) => void,
  ): void {
    this.#commands = commands;
    this.#target = target;
    this.#onUnknown = onUnknown;
    for (const signal of commands.keys()) this.#catch(signal);
    for (const signal of this.#early.splice(0)) this.#onSignal(signal);
  }

  /** Gives the signals back: main() may run inside a program that goes on. */
  release(): void {
    for (const signal of [...this.#handlers.keys()]) this.#letGo(signal);
  }

  #onSignal(signal: NodeJS.Signals): void {
    if (!this.#commands || !this.#target) {
      this.#early.push(signal);
      return;
    }
    const command = this.#commands.get(signal);
    if (command) this.#target.command(command);
    else this.#onUnknown?.(signal);
  }

  #catch(signal: NodeJS.Signals): void {
    if (this.#handlers.has(signal)) return;
    const handler = (): void => this.#onSignal(signal);
    this.#handlers.set(signal, handler);
    process.on(signal, handler);
  }

  #letGo(signal: NodeJS.Signals): void {
    const handler = this.#handlers.get(signal);
    if (!handler) return;
    // The first listener for SIGUSR1 took the debugger's away for good; without one it would now kill us.
    if (signal === 'SIGUSR1' && !process.listeners(signal).includes(ignoreSignal))
      process.on(signal, ignoreSignal);
    process.off(signal, handler);
    this.#handlers.delete(signal);
  }
}
