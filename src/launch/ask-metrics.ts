import type { ProgramMetricsAnswer } from '../commands/program-metrics';
import type { ChildMessage, MetricsQuestion } from '../protocol/protocol';

/** Asks one worker for the metrics of its program. The caller limits how long it waits. */
export class MetricsRequests {
  readonly #send: (question: MetricsQuestion) => void;
  #asked = 0;
  /** Only the latest question can still be waited for. */
  #onAnswer: ((answer: ProgramMetricsAnswer) => void) | undefined;

  constructor(send: (question: MetricsQuestion) => void) {
    this.#send = send;
  }

  ask(): Promise<ProgramMetricsAnswer> {
    this.#asked += 1;
    return new Promise((resolve) => {
      this.#onAnswer = resolve;
      this.#send({ type: 'metrics', id: this.#asked });
    });
  }

  /** Sees every message of the worker. */
  receive(said: ChildMessage): void {
    if (said.type !== 'metrics' || said.id !== this.#asked) return;
    const { text, isBroken } = said;
    this.#onAnswer?.({ text, ...(isBroken && { isBroken }) });
    this.#onAnswer = undefined;
  }
}
