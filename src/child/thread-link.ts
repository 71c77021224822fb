import type { MessagePort } from 'node:worker_threads';
import { wire } from '../common/wires';
import type { AssignedMessage, ReloadMessage, UserMessage, UserMessageTaken } from '../protocol/protocol';
import { programMetrics } from '../health/program-metrics';
import type { ThreadCommand, ThreadMessage } from '../protocol/thread-protocol';
import type { WorkerCommand } from './worker-host';

/** What the server sends to a thread. It never keeps the thread's event loop alive. */
export class ThreadLink {
  readonly #port: MessagePort;
  readonly #early: ThreadCommand[] = [];
  #onReload: ((message: ReloadMessage) => void) | undefined;
  #onCommand: ((command: WorkerCommand) => void) | undefined;
  #onAssigned: ((message: AssignedMessage) => void) | undefined;
  #onRehearse: () => void = () => {};
  #onUserMessage: ((message: UserMessage | UserMessageTaken) => void) | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (message: ThreadCommand) => {
      wire('from the server', message);
      if (!this.#take(message)) this.#early.push(message);
    });
    port.unref();
  }

  onReload(consume: (message: ReloadMessage) => void): void {
    this.#onReload = consume;
    this.#takeEarly();
  }

  onUserMessage(consume: (message: UserMessage | UserMessageTaken) => void): void {
    this.#onUserMessage = consume;
    this.#takeEarly();
  }

  onCommand(consume: (command: WorkerCommand) => void): void {
    this.#onCommand = consume;
    this.#takeEarly();
  }

  /** For a worker in reserve: its identity. If it is told to stop meanwhile, it has nothing to finish. */
  assigned(): Promise<AssignedMessage> {
    return new Promise((resolve) => {
      this.#onAssigned = (message) => {
        this.#onCommand = undefined;
        resolve(message);
      };
      this.onCommand((command) => {
        if (command === 'stop') process.exit(0);
      });
      this.#takeEarly();
    });
  }

  /** The worker waits in reserve, and there is time. */
  onRehearse(callback: () => void): void {
    this.#onRehearse = callback;
  }

  #takeEarly(): void {
    for (const message of this.#early.splice(0)) if (!this.#take(message)) this.#early.push(message);
  }

  async #tellMetrics(id: number): Promise<void> {
    const answer: ThreadMessage = { type: 'metrics', id, ...(await programMetrics()) };
    wire('to the server', answer);
    this.#port.postMessage(answer);
  }

  #take(message: ThreadCommand): boolean {
    if (message.type === 'metrics') {
      void this.#tellMetrics(message.id);
      return true;
    }
    if (message.type === 'rehearse') {
      this.#onRehearse();
      return true;
    }
    if (message.type === 'assigned') {
      this.#onAssigned?.(message);
      return this.#onAssigned !== undefined;
    }
    if (message.type === 'user_message' || message.type === 'user_message_taken') {
      this.#onUserMessage?.(message);
      return this.#onUserMessage !== undefined;
    }
    if (message.type === 'reload') {
      this.#onReload?.(message);
      return this.#onReload !== undefined;
    }
    this.#onCommand?.(message.type);
    return this.#onCommand !== undefined;
  }
}
