import { endDebugger, isInspectorLoaded } from './debugger';

const ASKED = /^--inspect(-brk|-wait)?(=|$)/;

/**
 * Closes the debugger that a SIGUSR1 has opened before the package had a handler for the signal: it would listen on
 * 127.0.0.1:9229 for the life of the process. Leaves one open that was asked for, by an argument or through node:inspector.
 *
 * Uses process._debugEnd, which costs nothing: loading node:inspector takes 2.6 ms and 2 MB.
 */
export function closeStrayDebugger(): void {
  closeNow();
  // A signal requests the debugger twice: at the next function call, and again in the event loop.
  setImmediate(() => {
    closeNow();
    setImmediate(closeNow);
  });
}

function closeNow(): void {
  const options = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  if (options.some((option) => ASKED.test(option))) return;
  if (isInspectorLoaded() === true) return;
  endDebugger();
}
