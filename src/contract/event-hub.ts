import { attempt } from '../common/attempt';
import type { Logger } from '../record/logger';
import type { EngineEventName, EngineEvents } from './events';

/** Hears one kind of event. What it throws, now or later, is logged and harms nobody. */
export type EngineListener<E extends EngineEventName> = (payload: EngineEvents[E]) => unknown;

/** Tells every listener of this process. */
export type Emit = <E extends EngineEventName>(event: E, payload: EngineEvents[E]) => void;

type AnyListener = (payload: never) => unknown;

/** The listeners of one engine in one process. There may be some before the engine runs, and before it has a log. */
export class EventHub {
  readonly #listeners = new Map<EngineEventName, AnyListener[]>();
  #onHeard: (isHeard: boolean) => void = () => {};

  /** Somebody listens. */
  get isHeard(): boolean {
    return [...this.#listeners.values()].some((listeners) => listeners.length > 0);
  }

  /** Calls back when the first listener comes, and when the last one has gone. For one caller. */
  onHeard(callback: (isHeard: boolean) => void): void {
    this.#onHeard = callback;
  }

  on<E extends EngineEventName>(event: E, listener: EngineListener<E>): void {
    this.#set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  /** Removes it once, as it may have been added several times. One that was never added is no error. */
  off<E extends EngineEventName>(event: E, listener: EngineListener<E>): void {
    const listeners = [...(this.#listeners.get(event) ?? [])];
    const index = listeners.lastIndexOf(listener);
    if (index >= 0) listeners.splice(index, 1);
    this.#set(event, listeners);
  }

  /** Several events, all to one listener. Returns what ends that. */
  hear(
    events: readonly EngineEventName[],
    listener: (event: EngineEventName, payload: EngineEvents[EngineEventName]) => unknown,
  ): () => void {
    const own = events.map((event) => {
      const hearOne = (payload: EngineEvents[EngineEventName]): unknown => listener(event, payload);
      this.on(event, hearOne);
      return { event, hearOne };
    });
    return () => {
      for (const { event, hearOne } of own) this.off(event, hearOne);
    };
  }

  /** @param logger hears of listeners that throw. */
  emitter(logger: Logger): Emit {
    return (event, payload) => {
      for (const listener of this.#listeners.get(event) ?? []) {
        attempt(
          () => (listener as EngineListener<typeof event>)(payload),
          (error) => logger.error(`a listener for ${event} failed`, { error }),
        );
      }
    };
  }

  #set(event: EngineEventName, listeners: AnyListener[]): void {
    const wasHeard = this.isHeard;
    this.#listeners.set(event, listeners);
    if (this.isHeard !== wasHeard) this.#onHeard(!wasHeard);
  }
}
