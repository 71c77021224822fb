import type { ChildExit } from '../watch/child-exit';

/**
 * Whether workers may be forked.
 *
 * - `trusted`: yes, from `notBefore` on. After a template that ended by itself the next one waits a while.
 * - `refused`: this program cannot be forked as it was loaded. It is tried again after a restart.
 * - `off`: forked workers crashed in a way that programs do not. Never again in this process.
 */
export interface ForkTrust {
  readonly kind: 'trusted' | 'refused' | 'off';
  /** Consecutive templates that have ended by themselves. */
  readonly failures: number;
  readonly notBefore: number;
  /** Forked workers that died in a way that only a broken process does, soon after their fork. */
  readonly earlyDeaths: number;
}

export type TrustEvent =
  /** A template reports that it cannot be forked. */
  | { readonly kind: 'refused' }
  /** A template has ended, was not ready in time, or did not answer. */
  | { readonly kind: 'gone' }
  /** A worker was forked from it. */
  | { readonly kind: 'forked' }
  | { readonly kind: 'died'; readonly exit: ChildExit; readonly ageMs: number }
  /** The program, or its flags, may have changed. */
  | { readonly kind: 'renewed' };

export const TRUSTED: ForkTrust = { kind: 'trusted', failures: 0, notBefore: -Infinity, earlyDeaths: 0 };

const MOST_EARLY_DEATHS = 2;
const EARLY_MS = 60_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

const OF_BROKEN_PROCESSES: ReadonlySet<NodeJS.Signals | null> = new Set<NodeJS.Signals>([
  'SIGSEGV',
  'SIGILL',
  'SIGBUS',
]);

export function nextTrust(trust: ForkTrust, event: TrustEvent, now: number): ForkTrust {
  if (trust.kind === 'off') return trust;
  switch (event.kind) {
    case 'refused':
      return { ...trust, kind: 'refused' };
    case 'renewed':
      return { ...trust, kind: 'trusted', failures: 0, notBefore: -Infinity };
    case 'forked':
      return { ...trust, failures: 0 };
    case 'gone': {
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** trust.failures, LONGEST_PAUSE_MS);
      return { ...trust, failures: trust.failures + 1, notBefore: now + pauseMs };
    }
    case 'died': {
      if (event.ageMs > EARLY_MS || !OF_BROKEN_PROCESSES.has(event.exit.signal)) return trust;
      const earlyDeaths = trust.earlyDeaths + 1;
      return { ...trust, earlyDeaths, kind: earlyDeaths > MOST_EARLY_DEATHS ? 'off' : trust.kind };
    }
  }
}

/** Whether a start waits for a template that still loads the program: not if the one before it failed, which may take as long again. */
export function isAwaited({ failures }: ForkTrust): boolean {
  return failures === 0;
}

/** Whether a worker may be forked now. */
export function mayFork({ kind, notBefore }: ForkTrust, now: number): boolean {
  return kind === 'trusted' && now >= notBefore;
}
