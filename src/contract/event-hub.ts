import { attempt } from '../common/attempt';
import type { Logger } from '../record/logger';
import type { EngineEventName, EngineEvents } from './events';

/** A listener for one kind of event. If it throws, now or later, the error is logged and the others are still called. */
export type EngineListener<E extends EngineEventName> = (payload: EngineEvents[E]) => unknown;

/** Calls every listener in this process. */
export type Emit = <E extends EngineEventName>(event: E, payload: EngineEvents[E]) => void;

type AnyListener = (payload: never) => unknown;

/** The listeners of one engine in one process. Listeners may be added before the engine runs and before it has a log. */
export class EventHub {
  readonly #listeners = new Map<EngineEventName, AnyListener[]>();
  #onListenersChange: (hasListeners: boolean) => void = () => {};

  /** Whether there is a listener. */
  get hasListeners(): boolean {
    return [...this.#listeners.values()].some((listeners) => listeners.length > 0);
  }

  /** Calls back when the first listener is added, and when the last one is removed. For one caller. */
  onListenersChange(callback: (hasListeners: boolean) => void): void {
    this.#onListenersChange = callback;
  }

  on<E extends EngineEventName>(event: E, listener: EngineListener<E>): void {
    this.#set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  /** Removes a listener once, as it may have been added several times. Removing an unknown listener is not an error. */
  off<E extends EngineEventName>(event: E, listener: EngineListener<E>): void {
    const listeners = [...(this.#listeners.get(event) ?? [])];
    const index = listeners.lastIndexOf(listener);
    if (index >= 0) listeners.splice(index, 1);
    this.#set(event, listeners);
  }

  /** Adds one listener for several events. Returns a function that removes it. */
  subscribe(
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

  /** @param logger logs the errors of listeners. */
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
    const hadListeners = this.hasListeners;
    this.#listeners.set(event, listeners);
    if (this.hasListeners !== hadListeners) this.#onListenersChange(!hadListeners);
  }
}
