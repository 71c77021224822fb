import type { Command } from '../commands/command';
import { Terminal } from '../common/terminal';
import { wireOf } from '../common/wires';

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

/** These mean a stop, whatever the configuration says, and also before it is known. */
const STOPS: ReadonlySet<NodeJS.Signals> = new Set<NodeJS.Signals>(['SIGTERM', 'SIGINT', 'SIGQUIT']);

/** Where the signals come from: `process`. */
export type SignalHost = Pick<NodeJS.Process, 'on' | 'off' | 'listeners'>;

export interface SignalDelivery {
  readonly commands: ReadonlyMap<NodeJS.Signals, Command>;
  readonly onCommand: (command: Command, signal: NodeJS.Signals) => void;
  /** Its command was assigned to another signal. */
  readonly onUnknown: (signal: NodeJS.Signals) => void;
  /** The terminal in which the engine was started is gone. isStop: the engine ends with it. */
  readonly onTerminalLost: (isStop: boolean) => void;
}

const ignoreSignal = (): void => {};

/**
 * Turns the signals of supervisor or server into commands. It catches them from its construction on, before anything
 * slow, and keeps them until the configuration says what they mean.
 */
export class SignalSource {
  readonly #host: SignalHost;
  readonly #terminal: Terminal;
  readonly #early: NodeJS.Signals[] = [];
  readonly #handlers = new Map<NodeJS.Signals, () => void>();
  #isTerminalLost = false;
  #onEarlyStop: ((signal: NodeJS.Signals) => void) | undefined;
  #delivery: SignalDelivery | undefined;
  #hasStopped = false;

  constructor(host: SignalHost = process, terminal = new Terminal()) {
    this.#host = host;
    this.#terminal = terminal;
    for (const signal of DEFAULT_SIGNALS) this.#catch(signal);
  }

  /** Sets a listener for a stop that comes before signals are delivered. The signal is still kept for delivery. */
  onEarlyStop(callback: ((signal: NodeJS.Signals) => void) | undefined): void {
    this.#onEarlyStop = callback;
    const stop = this.#isTerminalLost ? 'SIGHUP' : this.#early.find((signal) => STOPS.has(signal));
    if (stop) callback?.(stop);
  }

  /**
   * Delivers the signals that have come so far, and every later one. A signal whose command was assigned to another one
   * does not get its default action back: somebody will send it out of habit, and it would kill us.
   */
  deliver(delivery: SignalDelivery): void {
    this.#delivery = delivery;
    for (const signal of delivery.commands.keys()) this.#catch(signal);
    for (const signal of this.#early.splice(0)) this.#onSignal(signal);
    if (this.#isTerminalLost) delivery.onTerminalLost(true);
  }

  /** Nothing is left to handle the signals. They still must not kill this process while it finishes. */
  ignore(): void {
    const ignore = (): void => {};
    this.#delivery = { commands: new Map(), onCommand: ignore, onUnknown: ignore, onTerminalLost: ignore };
  }

  /** Removes the handlers: main() may run inside a program that goes on. */
  release(): void {
    for (const signal of [...this.#handlers.keys()]) this.#letGo(signal);
  }

  #onSignal(signal: NodeJS.Signals): void {
    wireOf({ kind: signal }, () => 'signal from outside');
    if (!this.#delivery) {
      this.#early.push(signal);
      if (STOPS.has(signal)) this.#onEarlyStop?.(signal);
      return;
    }
    const command = this.#delivery.commands.get(signal);
    if (command?.kind === 'stop') this.#hasStopped = true;
    // systemd, timeout(1) and runit send it after each TERM, to wake suspended processes: nobody has asked for a dump.
    if (signal === 'SIGCONT' && command?.kind === 'dump' && this.#hasStopped) return;
    if (command) this.#delivery.onCommand(command, signal);
    else this.#delivery.onUnknown(signal);
  }

  #onHangUp(): void {
    this.#terminal.onHangUp((meaning) => {
      if (meaning === 'command') {
        this.#onSignal('SIGHUP');
      } else if (this.#delivery) {
        this.#delivery.onTerminalLost(meaning === 'stop');
      } else if (meaning === 'stop') {
        this.#isTerminalLost = true;
        this.#onEarlyStop?.('SIGHUP');
      }
    });
  }

  #catch(signal: NodeJS.Signals): void {
    if (this.#handlers.has(signal)) return;
    const handler = (): void => {
      if (signal === 'SIGHUP') this.#onHangUp();
      else if (signal === 'SIGCONT') this.#terminal.onContinue(() => this.#onSignal(signal));
      else this.#onSignal(signal);
    };
    this.#handlers.set(signal, handler);
    this.#host.on(signal, handler);
  }

  #letGo(signal: NodeJS.Signals): void {
    const handler = this.#handlers.get(signal);
    if (!handler) return;
    // The first listener for SIGUSR1 has permanently replaced the debugger's handler; without any listener the signal
    // would now kill us.
    if (signal === 'SIGUSR1' && !this.#host.listeners(signal).includes(ignoreSignal))
      this.#host.on(signal, ignoreSignal);
    this.#host.off(signal, handler);
    this.#handlers.delete(signal);
  }
}
