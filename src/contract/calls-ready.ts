import { Worker } from './worker';

/**
 * Whether a worker says by itself when it is able to serve: somewhere in its class it calls this.ready().
 * Only then is it waited for; any other worker is ready when its run() was entered.
 */
export function callsReady(worker: Worker): boolean {
  let prototype: unknown = Object.getPrototypeOf(worker);
  while (typeof prototype === 'object' && prototype !== null && prototype !== Worker.prototype) {
    // No option says it, so the text of the class does: minifiers rename neither `this` nor public methods.
    if (/\bthis\s*\.\s*ready\s*\(/.test(String(prototype.constructor))) return true;
    prototype = Object.getPrototypeOf(prototype);
  }
  return false;
}
