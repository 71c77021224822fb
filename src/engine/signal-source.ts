import type { ServerCommand } from '../servers/commands';

const COMMAND_OF: ReadonlyMap<NodeJS.Signals, ServerCommand> = new Map<NodeJS.Signals, ServerCommand>([
  ['SIGTERM', { kind: 'stop', graceful: true }],
  ['SIGINT', { kind: 'stop', graceful: true }],
  ['SIGQUIT', { kind: 'stop', graceful: false }],
  ['SIGUSR1', { kind: 'restart', graceful: true }],
  ['SIGHUP', { kind: 'restart', graceful: false }],
  ['SIGUSR2', { kind: 'reload' }],
  ['SIGCONT', { kind: 'dump' }],
  ['SIGTTIN', { kind: 'scale', by: 1 }],
  ['SIGTTOU', { kind: 'scale', by: -1 }],
]);

/**
 * The signals of the server process as commands. They are caught from the moment this is made, before anything
 * slow, and kept until somebody consumes them.
 */
export class SignalSource {
  readonly #early: ServerCommand[] = [];
  readonly #handlers = new Map<NodeJS.Signals, () => void>();
  #consume: ((command: ServerCommand) => void) | undefined;

  constructor() {
    for (const [signal, command] of COMMAND_OF) {
      const handler = (): void => {
        if (this.#consume) this.#consume(command);
        else this.#early.push(command);
      };
      this.#handlers.set(signal, handler);
      process.on(signal, handler);
    }
  }

  consume(consume: (command: ServerCommand) => void): void {
    this.#consume = consume;
    for (const command of this.#early.splice(0)) consume(command);
  }

  /** Gives the signals back: main() may run inside a program that goes on. */
  release(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }
}
