import type { TemplateStatus, WorkerStart } from '../contract/status';
import type { ChildExit } from '../watch/child-exit';

/**
 * The template of a group, or why there is none.
 *
 * - `waiting`: there is none yet. The next start of a worker begins one.
 * - `loading`: it loads the program. why: what happened to the one before it; then starts do not wait for this one.
 * - `ready`: workers are forked from it.
 * - `lost`: it ended by itself, was not ready in time, or did not answer. The next one begins at `retryAt`.
 * - `refused`: this program cannot be forked as it was loaded. The next restart tries again.
 * - `off`: not again in this process: something is missing, or forked workers crashed in a way that programs do not.
 */
export type TemplatePhase =
  | { readonly kind: 'waiting' }
  | {
      readonly kind: 'loading';
      readonly pid: number | undefined;
      readonly since: number;
      readonly why?: string | undefined;
    }
  | { readonly kind: 'ready'; readonly pid: number | undefined; readonly since: number }
  | { readonly kind: 'lost'; readonly why: string; readonly retryAt: number }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'off'; readonly why: string; readonly isByCrashes: boolean };

/** Whether and from what the workers of a group are forked. */
export interface ForkState {
  readonly phase: TemplatePhase;
  /** Consecutive templates that were lost before a worker was forked from them. */
  readonly failures: number;
  /** Forked workers that died in a way that only a broken process does, soon after their fork. */
  readonly earlyDeaths: number;
}

export type ForkEvent =
  /** A template was started. */
  | { readonly kind: 'started'; readonly pid: number | undefined }
  | { readonly kind: 'ready' }
  /** A template reports that it cannot be forked, or it could not be started. */
  | { readonly kind: 'refused'; readonly why: string }
  /** What a fork needs is not there, and will not be. */
  | { readonly kind: 'impossible'; readonly why: string }
  /** A template has ended, was not ready in time, or did not answer. */
  | { readonly kind: 'lost'; readonly how: string }
  /** A worker was forked from it. */
  | { readonly kind: 'forked' }
  | { readonly kind: 'died'; readonly exit: ChildExit; readonly ageMs: number }
  /** The program, or its flags, may have changed. */
  | { readonly kind: 'renewed' };

export const NOT_FORKED_YET: ForkState = { phase: { kind: 'waiting' }, failures: 0, earlyDeaths: 0 };

const MOST_EARLY_DEATHS = 2;
const EARLY_MS = 60_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** V8 ends a process with SIGTRAP when it finds itself broken. */
const OF_BROKEN_PROCESSES: ReadonlySet<NodeJS.Signals | null> = new Set<NodeJS.Signals>([
  'SIGSEGV',
  'SIGILL',
  'SIGBUS',
  'SIGTRAP',
]);

export function nextForkState(state: ForkState, event: ForkEvent, now: number): ForkState {
  const { phase } = state;
  if (phase.kind === 'off') return state;
  switch (event.kind) {
    case 'started': {
      const why = phase.kind === 'lost' ? phase.why : undefined;
      return { ...state, phase: { kind: 'loading', pid: event.pid, since: now, why } };
    }
    case 'ready':
      if (phase.kind !== 'loading') return state;
      return { ...state, phase: { kind: 'ready', pid: phase.pid, since: phase.since } };
    case 'refused':
      return { ...state, phase: { kind: 'refused', why: event.why } };
    case 'impossible':
      return { ...state, phase: { kind: 'off', why: event.why, isByCrashes: false } };
    case 'renewed':
      return { ...state, phase: phase.kind === 'waiting' ? phase : { kind: 'waiting' }, failures: 0 };
    case 'forked':
      return { ...state, failures: 0 };
    case 'lost': {
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** state.failures, LONGEST_PAUSE_MS);
      const failures = state.failures + 1;
      return { ...state, failures, phase: { kind: 'lost', why: event.how, retryAt: now + pauseMs } };
    }
    case 'died': {
      if (event.ageMs > EARLY_MS || !OF_BROKEN_PROCESSES.has(event.exit.signal)) return state;
      const earlyDeaths = state.earlyDeaths + 1;
      if (earlyDeaths <= MOST_EARLY_DEATHS) return { ...state, earlyDeaths };
      const why = `${earlyDeaths} forked workers crashed soon after their start, in a way that programs do not`;
      return { ...state, earlyDeaths, phase: { kind: 'off', why, isByCrashes: true } };
    }
  }
}

/** Whether a start waits for a template that loads the program: not if the one before it was lost, which may take as long again. */
export function isAwaited({ phase }: ForkState): boolean {
  return phase.kind === 'loading' && phase.why === undefined;
}

/** Whether a template may be started now. */
export function mayStart({ phase }: ForkState, now: number): boolean {
  return phase.kind === 'waiting' || (phase.kind === 'lost' && now >= phase.retryAt);
}

/** How the next worker is started. */
export function startInUse(state: ForkState): WorkerStart {
  const { kind } = state.phase;
  return kind === 'ready' || kind === 'waiting' || isAwaited(state) ? 'fork' : 'spawn';
}

export function templateStatus({ phase }: ForkState, now: number): TemplateStatus {
  const { kind: state } = phase;
  switch (phase.kind) {
    case 'waiting':
      return { state, pid: undefined, uptimeMs: 0 };
    case 'loading':
    case 'ready': {
      const reason = phase.kind === 'loading' ? phase.why : undefined;
      return { state, pid: phase.pid, uptimeMs: Math.round(now - phase.since), reason };
    }
    case 'lost': {
      const retryMs = Math.max(0, Math.round(phase.retryAt - now));
      return { state, pid: undefined, uptimeMs: 0, reason: phase.why, retryMs };
    }
    case 'refused':
    case 'off':
      return { state, pid: undefined, uptimeMs: 0, reason: phase.why };
  }
}
