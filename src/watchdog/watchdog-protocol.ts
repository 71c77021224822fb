/** The messages between a worker, its watchdog thread, and the process above. */
import type { StackFrame } from '../hang/source-mapped-frames';

/** What the thread is started with. */
export interface WatchdogStart {
  /** Where the process above asks; undefined: it does not. */
  readonly fd: number | undefined;
  /** Counts the turns of the main thread's timer. */
  readonly turns: SharedArrayBuffer;
}

/** Main thread to watchdog. */
export type WatchdogCommand =
  /** How long a turn may take; undefined: no limit. */
  | { readonly type: 'limit'; readonly limitMs: number | undefined }
  /** The turn after which it was blocked, and for how long. */
  | { readonly type: 'blocked'; readonly turn: number; readonly lagMs: number };

/** Watchdog to main thread: what it saw meanwhile. */
export interface BlockedNotice {
  readonly lagMs: number;
  readonly frames: readonly StackFrame[] | undefined;
}

/** Watchdog to the process above: one line of JSON per line that it was sent. */
export type WatchdogAnswer =
  | { readonly frames: readonly StackFrame[] }
  | { readonly error: string; readonly isUnreachable: boolean };

/** How often the main thread's timer runs: a block that exceeds the limit by a quarter is always noticed. */
export function turnMs(limitMs: number): number {
  return Math.max(5, limitMs / 4);
}
