/**
 * How long a connection must have been silent before a draining worker closes it. A busy client asks again sooner, and
 * its next answer says that the connection ends: closing under its hands would cost it a request.
 */
export const QUIET_MS = 100;

/** How long a connection that was accepted just before the stop has for its first request. */
export const FIRST_REQUEST_MS = 1000;

/** How long the other side of a WebSocket has to answer our goodbye. */
export const GOODBYE_MS = 5000;

/** Calls back again and again until the server has closed; never holds the event loop. */
export function everyTick(server: { once(event: 'close', listener: () => void): unknown }, tick: () => void) {
  const timer = setInterval(tick, QUIET_MS);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}

/** Calls back once, later; never holds the event loop. */
export function later(delayMs: number, callback: () => void): void {
  setTimeout(callback, delayMs).unref();
}
