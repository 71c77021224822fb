import { isConnectedTo } from './attached-debugger';

/** Whether a person has paused a process with a debugger: then its silence is not a fault. */
export class DebuggerPresence {
  readonly #ports = new Map<string, number>();
  readonly #isConnected: (port: number) => boolean | undefined;
  /** The process runs nothing until a debugger is attached. */
  #isAwaited: boolean;
  #wasAttached = false;
  #isLeaving = false;

  constructor(isAwaited: boolean, isConnected = isConnectedTo) {
    this.#isAwaited = isAwaited;
    this.#isConnected = isConnected;
  }

  opened(url: string): void {
    this.#ports.set(url, Number(new URL(url).port));
  }

  ended(url: string): void {
    this.#ports.delete(url);
  }

  attached(): void {
    this.#isAwaited = false;
    this.#wasAttached = true;
  }

  /** The process is done, but does not end while a debugger is attached. There is nothing left to debug. */
  leaving(): void {
    this.#isLeaving = true;
  }

  /**
   * A debugger is attached, or the process waits for one. Call it only for a silent process: this reads the system's
   * table of connections.
   */
  get isHeldUp(): boolean {
    if (this.#isLeaving) return false;
    if (this.#isAwaited) return true;
    return [...this.#ports.values()].some((port) => this.#isConnected(port) ?? this.#wasAttached);
  }
}
