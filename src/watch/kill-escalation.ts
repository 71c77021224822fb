/** The kill times of a worker or of the server, in milliseconds. A timeout below 0: never. */
export interface KillTimings {
  readonly gracefulIntervalMs: number;
  readonly gracefulIncrementMs: number;
  readonly gracefulTimeoutMs: number;
  readonly immediateIntervalMs: number;
  readonly immediateIncrementMs: number;
  readonly immediateTimeoutMs: number;
  /** From QUIT to KILL for a child that hangs, if that is earlier than the immediate timeout. Below 0: it is not. */
  readonly heartbeatKillDelayMs: number;
}

/** A child is first asked to finish its work; if it does not, it is told to end now. This never goes back. */
export type KillPhase = 'graceful' | 'immediate';

/** What to send: 'graceful' is SIGTERM, 'immediate' SIGQUIT, 'kill' SIGKILL. */
export type KillSignal = KillPhase | 'kill';

/** The progress of the stop of one child; undefined without a stop. */
export interface KillState {
  readonly phase: KillPhase;
  /** When the phase began. */
  readonly startedAt: number;
  /** Signals sent in this phase. */
  readonly count: number;
  /** When the last of them was sent; the next due time is counted from it, so a reload takes effect at once. */
  readonly lastSentAt: number;
  /** It was given up because it hangs. Then its handlers do not run: only KILL is sure to end it. */
  readonly isHung: boolean;
}

export interface KillStep {
  readonly state: KillState;
  /** Absent: nothing is due yet. */
  readonly send?: KillSignal;
}

// With interval and increment 0 every moment would be due: a hot loop of signals.
const SHORTEST_GAP_MS = 10;

// The graceful timeout must have passed, not only been reached: this is the first whole millisecond after it. The same
// applies to the immediate timeout if rounding has lost a fraction.
const PAST_MS = 1;

/** Requests a stop. A stop that has begun changes only if an immediate stop follows a graceful one. */
export function requestStop(state: KillState | undefined, graceful: boolean, now: number): KillState {
  if (state === undefined) return begin(graceful ? 'graceful' : 'immediate', now);
  return graceful || state.phase === 'immediate' ? state : begin('immediate', now);
}

/** Stops a hanging child at once. A child that was told to end before has had its QUIT, so only the wait gets shorter. */
export function giveUp(state: KillState | undefined, now: number): KillState {
  const stopping = requestStop(state, false, now);
  return stopping.isHung ? stopping : { ...stopping, isHung: true };
}

/** The next step: at most one signal, however late the call comes. */
export function nextKillStep(state: KillState, timings: KillTimings, now: number): KillStep {
  if (isGracefulOver(state, timings, now)) return nextKillStep(begin('immediate', now), timings, now);
  if (now < signalDueAt(state, timings)) return { state };
  return {
    state: { ...state, count: state.count + 1, lastSentAt: now },
    send: signalOf(state, timings, now),
  };
}

/** The first moment at which nextKillStep has something to do. It may be in the past. */
export function nextDueAt(state: KillState, timings: KillTimings): number {
  const dueAt = signalDueAt(state, timings);
  if (state.phase === 'immediate' || timings.gracefulTimeoutMs < 0) return dueAt;
  return Math.min(dueAt, state.startedAt + timings.gracefulTimeoutMs + PAST_MS);
}

function begin(phase: KillPhase, now: number): KillState {
  return { phase, startedAt: now, count: 0, lastSentAt: now, isHung: false };
}

function isGracefulOver(state: KillState, timings: KillTimings, now: number): boolean {
  return (
    state.phase === 'graceful' &&
    timings.gracefulTimeoutMs >= 0 &&
    now - state.startedAt > timings.gracefulTimeoutMs
  );
}

function signalDueAt(state: KillState, timings: KillTimings): number {
  if (state.count === 0) return state.startedAt;
  const [intervalMs, incrementMs] =
    state.phase === 'graceful'
      ? [timings.gracefulIntervalMs, timings.gracefulIncrementMs]
      : [timings.immediateIntervalMs, timings.immediateIncrementMs];
  // Counted from when the last signal was really sent: signals that were missed in a stall are not sent later.
  const dueAt = state.lastSentAt + Math.max(SHORTEST_GAP_MS, intervalMs + incrementMs * (state.count - 1));
  return Math.min(dueAt, firstKillAt(state, timings));
}

/** Infinity: never, or it was sent. */
function firstKillAt(state: KillState, timings: KillTimings): number {
  const limitMs = killAfterMs(state, timings);
  if (state.phase === 'graceful' || limitMs < 0 || state.lastSentAt - state.startedAt >= limitMs)
    return Infinity;
  const at = state.startedAt + limitMs;
  return at - state.startedAt >= limitMs ? at : at + PAST_MS;
}

/** Below 0: never. */
export function killAfterMs({ isHung }: Pick<KillState, 'isHung'>, timings: KillTimings): number {
  const { immediateTimeoutMs, heartbeatKillDelayMs } = timings;
  if (!isHung || heartbeatKillDelayMs < 0) return immediateTimeoutMs;
  return immediateTimeoutMs < 0 ? heartbeatKillDelayMs : Math.min(heartbeatKillDelayMs, immediateTimeoutMs);
}

function signalOf(state: KillState, timings: KillTimings, now: number): KillSignal {
  switch (state.phase) {
    case 'graceful':
      return 'graceful';
    case 'immediate': {
      const limitMs = killAfterMs(state, timings);
      return limitMs >= 0 && now - state.startedAt >= limitMs ? 'kill' : 'immediate';
    }
  }
}
