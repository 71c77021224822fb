import { every, systemClock } from '../common/clock';

/** How often a draining worker looks at its connections; the least silence after which it closes one. */
export const TICK_MS = 100;

/**
 * For so many ticks a connection must have been silent before a draining worker closes it. A client that asks again sooner
 * is told in the answer that the connection ends; one whose request crosses with our close loses it. A tick is enough for
 * busy clients; those that pause, and the pools of proxies, are waited for where nobody waits for us.
 */
export const PATIENT_TICKS = 10;
export const HURRIED_TICKS = 1;

/** How long a connection that was accepted just before the stop has for its first request. */
export const FIRST_REQUEST_MS = 1000;

/** How long the other side of a WebSocket has to answer our goodbye. */
export const GOODBYE_MS = 5000;

/** Calls back again and again until the server has closed; never holds the event loop. */
export function everyTick(server: { once(event: 'close', listener: () => void): unknown }, tick: () => void) {
  const timer = every(TICK_MS, tick);
  timer.unref();
  server.once('close', () => timer.cancel());
}

/** Calls back once, later; never holds the event loop. */
export function later(delayMs: number, callback: () => void): void {
  systemClock.after(delayMs, callback, { unref: true });
}
