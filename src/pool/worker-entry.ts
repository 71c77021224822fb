import type { MessageResult } from '../contract/results';
import type { WorkerState, WorkerView } from '../contract/server-control';

type Facts = Omit<WorkerView, 'send'>;

/** An entry of `server.workers`. A class, so that copying or logging it shows only the facts. */
export class WorkerEntry implements WorkerView {
  readonly group: string;
  readonly workerId: number;
  readonly pid: number | undefined;
  readonly state: WorkerState;
  readonly generation: number;
  readonly uptimeMs: number;
  readonly #send: (message: unknown) => Promise<MessageResult>;

  constructor(facts: Facts, send: (message: unknown) => Promise<MessageResult>) {
    this.group = facts.group;
    this.workerId = facts.workerId;
    this.pid = facts.pid;
    this.state = facts.state;
    this.generation = facts.generation;
    this.uptimeMs = facts.uptimeMs;
    this.#send = send;
  }

  send(message: unknown): Promise<MessageResult> {
    return this.#send(message);
  }
}
