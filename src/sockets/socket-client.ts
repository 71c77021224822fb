import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../common/clock';
import { marked } from '../node-internals/marked-messages';
import type { GiveUpMessage, GiveUpOutcome, GivenUpMessage, InsteadMessage } from '../common/socket-moves';
import type { HeldSocket } from './held-socket';

export type GiveUpRequest = Omit<GiveUpMessage, 'type' | 'id'>;

/** Another process that has copies of sockets, and can change them on request. */
export interface SocketClient {
  giveUp(request: GiveUpRequest): Promise<GiveUpOutcome>;
  /** Undefined: it gets none, and need not wait any more. */
  instead(seat: number, key: string, held: HeldSocket | undefined): void;
}

// A worker accepts what is queued first. A blocked worker must not hold up its successors longer than this.
const LONGEST_ANSWER_MS = 5000;

/** A child process, over IPC. */
export class ChildSocketClient implements SocketClient {
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #asked = new Map<number, (outcome: GiveUpOutcome) => void>();
  #count = 0;

  /** @param extraMs additional time for the processes below it. */
  constructor(child: ChildProcess, clock: Clock, extraMs = 0) {
    this.#child = child;
    this.#clock = clock;
    this.#limitMs = LONGEST_ANSWER_MS + extraMs;
    child.once('exit', () => {
      // The process has ended, and its sockets are closed.
      for (const answer of [...this.#asked.values()]) answer('given');
    });
  }

  giveUp(request: GiveUpRequest): Promise<GiveUpOutcome> {
    const { exitCode, signalCode, connected } = this.#child;
    if (exitCode !== null || signalCode !== null) return Promise.resolve('given');
    const id = this.#count++;
    return new Promise((resolve) => {
      const timer = this.#clock.after(this.#limitMs, () => answer('refused'), { unref: true });
      const answer = (outcome: GiveUpOutcome): void => {
        timer.cancel();
        this.#asked.delete(id);
        resolve(outcome);
      };
      this.#asked.set(id, answer);
      const message: GiveUpMessage = { type: 'socket_give_up', id, ...request };
      // A child without a channel is about to exit.
      if (connected) this.#child.send(marked(message), () => {});
    });
  }

  answered({ id, outcome }: GivenUpMessage): void {
    this.#asked.get(id)?.(outcome);
  }

  instead(seat: number, key: string, held: HeldSocket | undefined): void {
    const message: InsteadMessage = { type: 'socket_instead', seat, key };
    if (this.#child.connected) this.#child.send(marked(message), held?.handle as never, {}, () => {});
  }
}
