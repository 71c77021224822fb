import { systemClock, type ClockTimer } from '../common/clock';
import { closeStrayDebugger } from '../node-internals/stray-debugger';
import { SignalSource } from './signal-source';

// A program that only uses a class of the package must end by Ctrl-C like any other. After a signal, it has this long
// to call run().
const PATIENCE_MS = 1000;

// A program that has not called run() by then never will.
const LONGEST_BOOT_MS = 60_000;

let early: SignalSource | undefined;
const timers: ClockTimer[] = [];

/**
 * Catches the signals of a main process or a server from the first line of the package on: many would kill it, some
 * would suspend it (SIGTTIN), one opens its debugger. They are handled once run() was called.
 * @param isOurs the engine has started this process, which therefore does nothing else.
 */
export function catchEarlySignals(isOurs: boolean): void {
  const source = new SignalSource();
  early = source;
  closeStrayDebugger();
  if (isOurs) {
    // Nothing has begun that a stop could wait for, and the start may take long.
    source.onEarlyStop(() => process.exit(0));
    return;
  }
  let isLast = false;
  source.onEarlyStop((signal) => {
    if (isLast) return;
    isLast = true;
    after(PATIENCE_MS, () => {
      giveBack(source);
      // Other listeners got the signal.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  });
  after(LONGEST_BOOT_MS, () => giveBack(source));
}

/** Hands over the signals to an engine that starts, including those that have come so far. */
export function takeSignals(): SignalSource {
  for (const timer of timers.splice(0)) timer.cancel();
  const source = early ?? new SignalSource();
  early = undefined;
  source.onEarlyStop(undefined);
  return source;
}

function giveBack(source: SignalSource): void {
  if (early === source) early = undefined;
  for (const timer of timers.splice(0)) timer.cancel();
  source.release();
}

function after(delayMs: number, callback: () => void): void {
  timers.push(systemClock.after(delayMs, callback, { unref: true }));
}
