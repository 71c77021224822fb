import { isConnectedTo } from './attached-debugger';

/** Whether a person holds up a process by its debugger: then its silence is no fault. */
export class DebuggerPresence {
  readonly #ports = new Map<string, number>();
  readonly #isConnected: (port: number) => boolean | undefined;
  /** It runs nothing until somebody is attached. */
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

  /** It has come to its end, and does not end as long as somebody is attached: nothing is to be debugged any more. */
  leaving(): void {
    this.#isLeaving = true;
  }

  /** Somebody is attached, or it waits for that. Asked when it is silent: it reads the connections of the system. */
  get isHeldUp(): boolean {
    if (this.#isLeaving) return false;
    if (this.#isAwaited) return true;
    return [...this.#ports.values()].some((port) => this.#isConnected(port) ?? this.#wasAttached);
  }
}
