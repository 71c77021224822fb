import type { Clock, ClockTimer } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import { isIntended } from '../contract/end-reasons';
import type { Emit } from '../contract/event-hub';
import type { EngineEventName, EngineEvents } from '../contract/events';
import type { RestartResult } from '../contract/results';
import type { WorkerPool } from '../pool/pool';
import { howItEnded } from '../watch/child-exit';
import {
  beginRound,
  roundDueAt,
  stepRound,
  type FirstRound,
  type RoundEvent,
  type RoundPlace,
} from './first-round';

/** How long a start may take. */
type Pace = Pick<EngineConfig, 'workerReadyTimeoutMs' | 'startWorkerDelayMs' | 'startWorkerDelayRand'>;

/** Follows the workers that a server starts with, until all of them are ready or one has failed. */
export class FirstRoundWatch {
  readonly #clock: Clock;
  readonly #onOver: (result: RestartResult) => void;
  readonly #begunAt: number;
  readonly #pools = new Map<string, Pick<WorkerPool, 'target'>>();
  #pace: (group: string) => Pace | undefined = () => undefined;
  #round: FirstRound | undefined;
  #timer: ClockTimer | undefined;

  constructor(clock: Clock, onOver: (result: RestartResult) => void) {
    this.#clock = clock;
    this.#onOver = onOver;
    this.#begunAt = clock.now();
  }

  /** The pools, in the order of the groups, are about to be started. */
  begin(
    groups: readonly string[],
    pools: readonly Pick<WorkerPool, 'target'>[],
    pace: (group: string) => Pace,
  ): void {
    this.#pace = pace;
    pools.forEach((pool, index) => this.#pools.set(groups[index] ?? '', pool));
    const places: RoundPlace[] = [...this.#pools].flatMap(([group, { target }]) =>
      Array.from({ length: target }, (_, workerId) => ({ group, workerId })),
    );
    this.#round = beginRound(places, this.#clock.now());
    this.#arm();
  }

  /** Picks the events that it needs, and passes all of them on. */
  listening(emit: Emit): Emit {
    return (event, payload) => {
      const news = newsOf(event, payload);
      if (news) this.#take(news);
      emit(event, payload);
    };
  }

  #take(event: RoundEvent): void {
    if (!this.#round) return;
    const { round, result } = stepRound(this.#round, event, {
      now: this.#clock.now(),
      limitMs: this.#limitMs(),
      target: (name) => this.#pools.get(name)?.target ?? 0,
    });
    this.#round = result ? undefined : round;
    this.#arm();
    if (result) this.#onOver({ ...result, tookMs: Math.round(this.#clock.now() - this.#begunAt) });
  }

  #arm(): void {
    this.#timer?.cancel();
    if (!this.#round) return;
    const dueAt = roundDueAt(this.#round, { limitMs: this.#limitMs() });
    const look = (): void => this.#take({ kind: 'look' });
    this.#timer = this.#clock.after(Math.max(0, dueAt - this.#clock.now()), look, { unref: true });
  }

  /** The limit of the slowest group: the next worker may wait for its turn. */
  #limitMs(): number {
    const limits = [...this.#pools.keys()].map((group) => {
      const pace = this.#pace(group);
      if (!pace) return 0;
      const { workerReadyTimeoutMs, startWorkerDelayMs, startWorkerDelayRand } = pace;
      return workerReadyTimeoutMs + startWorkerDelayMs * (1 + startWorkerDelayRand);
    });
    return Math.max(0, ...limits);
  }
}

function newsOf<E extends EngineEventName>(event: E, payload: EngineEvents[E]): RoundEvent | undefined {
  switch (event) {
    case 'workerStarted':
    case 'workerReady': {
      const { group, workerId } = payload as EngineEvents['workerStarted'];
      return { kind: event === 'workerReady' ? 'ready' : 'started', group, workerId };
    }
    case 'workerExited': {
      const { group, workerId, pid, code, signal, reason, error } = payload as EngineEvents['workerExited'];
      const why =
        pid === undefined
          ? `it could not be started: ${error ?? 'no reason is known'}`
          : `it ended with ${howItEnded({ code, signal })} before it was ready`;
      return { kind: 'ended', group, workerId, why, isIntended: isIntended(reason) };
    }
    case 'serverState':
    case 'templateState':
    case 'rollout':
    case 'configReloaded':
      return undefined;
  }
}
