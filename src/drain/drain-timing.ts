import { every, systemClock } from '../common/clock';

/** How often a draining worker looks at its connections. Also the shortest silence after which it closes one. */
export const TICK_MS = 100;

/**
 * For how many ticks a connection must be silent before a draining worker closes it. A client that sends a request
 * sooner learns from the answer that the connection ends. If a request and our close cross on the wire, the client gets
 * no answer. One tick is enough for busy clients. If nothing waits for this worker, it gives more time to slower
 * clients and to the pools of proxies.
 */
export const PATIENT_TICKS = 10;
export const HURRIED_TICKS = 1;

/** How long a connection that was accepted just before the stop may take to send its first request. */
export const FIRST_REQUEST_MS = 1000;

/** How long the other side of a WebSocket may take to answer our close frame. */
export const GOODBYE_MS = 5000;

/** Calls back at each tick until the server has closed. Does not keep the event loop alive. */
export function everyTick(server: { once(event: 'close', listener: () => void): unknown }, tick: () => void) {
  const timer = every(TICK_MS, tick);
  timer.unref();
  server.once('close', () => timer.cancel());
}

/** Calls back once. Does not keep the event loop alive. */
export function later(delayMs: number, callback: () => void): void {
  systemClock.after(delayMs, callback, { unref: true });
}
