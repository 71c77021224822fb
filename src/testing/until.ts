import { systemClock } from '../common/clock';

// Taken when the file is loaded: fake timers of a test runner may replace the global one later.
// eslint-disable-next-line no-restricted-globals -- for that reason
const later = setTimeout;
const notLater = clearTimeout;

/** Between two looks, if nothing calls back. */
const LOOK_MS = 100;

export interface Wait<T> {
  /** What is waited for, for a message. */
  readonly what: string;
  /** Undefined: not yet. */
  readonly look: () => T | undefined | Promise<T | undefined>;
  readonly timeoutMs: number;
  /** Why it will never happen, if so. */
  readonly whyHopeless: () => string | undefined;
  /** Adds to the message of an error. */
  readonly explain: () => string;
  /** Calls back when there may be something to see. Returns a function that ends that. */
  readonly onNews: (callback: () => void) => () => void;
}

/** Repeats the look until it has a result. @throws Error (as a rejection) that says what is missing. */
export async function until<T>({ what, look, timeoutMs, whyHopeless, explain, onNews }: Wait<T>): Promise<T> {
  const dueAt = systemClock.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    const why = whyHopeless() ?? (systemClock.now() >= dueAt ? `${timeoutMs} ms have passed` : undefined);
    if (why !== undefined) throw new Error(`waited until ${what}, but ${why}.${explain()}`);
    await nextLook(onNews);
  }
}

function nextLook(onNews: (callback: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      notLater(timer);
      end();
      resolve();
    };
    const timer = later(done, LOOK_MS);
    const end = onNews(done);
  });
}

/** After that time, unless it is cancelled. Does not keep the process alive. */
export function after(delayMs: number, callback: () => void): void {
  later(callback, delayMs).unref();
}
