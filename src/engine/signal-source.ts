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

/** These mean a stop whatever the configuration says, or it is not known yet. */
const STOPS: ReadonlySet<NodeJS.Signals> = new Set<NodeJS.Signals>(['SIGTERM', 'SIGINT', 'SIGQUIT']);

/** Whose signals they are: `process`. */
export type SignalHost = Pick<NodeJS.Process, 'on' | 'off' | 'listeners'>;

export interface SignalDelivery {
  readonly commands: ReadonlyMap<NodeJS.Signals, Command>;
  readonly onCommand: (command: Command, signal: NodeJS.Signals) => void;
  /** Its command was given to another signal. */
  readonly onUnknown: (signal: NodeJS.Signals) => void;
  /** The terminal is gone that this was started in. isStop: it ends with it. */
  readonly onTerminalLost: (isStop: boolean) => void;
}

const ignoreSignal = (): void => {};

/**
 * The signals of supervisor or server as commands. They are caught from the moment this is made, before anything
 * slow, and kept until the configuration has told what they mean.
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

  /** A listener for a stop that comes before signals are delivered. The signal is still kept for delivery. */
  onEarlyStop(callback: ((signal: NodeJS.Signals) => void) | undefined): void {
    this.#onEarlyStop = callback;
    const stop = this.#isTerminalLost ? 'SIGHUP' : this.#early.find((signal) => STOPS.has(signal));
    if (stop) callback?.(stop);
  }

  /**
   * Hands over what came so far, and every later one. A signal that means nothing since its command was given to
   * another one does not get its default action back: out of habit somebody will send it, and it would kill us.
   */
  deliver(delivery: SignalDelivery): void {
    this.#delivery = delivery;
    for (const signal of delivery.commands.keys()) this.#catch(signal);
    for (const signal of this.#early.splice(0)) this.#onSignal(signal);
    if (this.#isTerminalLost) delivery.onTerminalLost(true);
  }

  /** Nothing is left to obey the signals. They still must not kill this process while it finishes. */
  ignore(): void {
    const ignore = (): void => {};
    this.#delivery = { commands: new Map(), onCommand: ignore, onUnknown: ignore, onTerminalLost: ignore };
  }

  /** Gives the signals back: main() may run inside a program that goes on. */
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
    // systemd, timeout(1) and runit let it follow each TERM, to wake what is stopped: nobody has asked for a dump.
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
    // The first listener for SIGUSR1 took the debugger's away for good; without one it would now kill us.
    if (signal === 'SIGUSR1' && !this.#host.listeners(signal).includes(ignoreSignal))
      this.#host.on(signal, ignoreSignal);
    this.#host.off(signal, handler);
    this.#handlers.delete(signal);
  }
}
