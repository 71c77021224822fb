/** The key `autoscale`. */
export interface AutoscaleSettings {
  readonly min: number;
  readonly max: number;
  /** The share of the time that the event loops are busy; above it there are too few workers. */
  readonly target: number;
}

/** One look at a group of workers. */
export interface AutoscaleSample {
  /** How many workers there should be. */
  readonly workers: number;
  /** A restart or a stop is under way: the number must not change. */
  readonly isHeld: boolean;
  /** Every worker is in run(), and none has crashed recently. */
  readonly isSteady: boolean;
  /** The mean share of the time that the event loops were busy. Undefined: unknown. */
  readonly utilization: number | undefined;
  /** How many workers there is memory for. Infinity: unknown. */
  readonly fitting: number;
}

export interface AutoscaleState {
  /** The load at each look, in workers: 1 is an event loop that is always busy. The latest one is last. */
  readonly loads: readonly number[];
  /** How many looks in a row have found the group steady. */
  readonly steadyFor: number;
  /** It was logged that there is no memory for more workers. */
  readonly isShortLogged: boolean;
}

/** busy, idle: because of the utilization. memory: there is none for so many workers. limits: min or max has changed. */
export type AutoscaleReason = 'busy' | 'idle' | 'memory' | 'limits';

export interface AutoscaleStep {
  readonly state: AutoscaleState;
  /** The new number of workers. Undefined: no change. */
  readonly to?: number;
  readonly why?: AutoscaleReason;
  /** More workers are needed, but there is no memory for them: reported once. */
  readonly isShort?: true;
}

export const NEW_AUTOSCALE: AutoscaleState = { loads: [], steadyFor: 0, isShortLogged: false };

// All of these count looks; there is one per heartbeat.
/** Booting takes CPU time, and the load needs time to reach the new workers. */
const SETTLING = 2;
/** Workers are added after this many looks, by the mean of these. */
const UP = 3;
/** Workers are removed after this many looks, by the highest of these. */
const DOWN = 60;

/**
 * The load must stay this much below the target with fewer workers. Otherwise workers that were added at the target
 * would be removed again.
 */
const SLACK = 0.8;

/**
 * Whether a group gets more workers, or fewer. It grows fast, because an overloaded group keeps its clients waiting. It
 * shrinks slowly, because an idle worker costs only memory, and the next peak may be near.
 */
export function stepAutoscale(
  before: AutoscaleState,
  sample: AutoscaleSample,
  settings: AutoscaleSettings,
): AutoscaleStep {
  const { workers, isHeld, isSteady, utilization, fitting } = sample;
  if (isHeld) return { state: { ...before, steadyFor: 0 } };
  const within = Math.min(settings.max, Math.max(settings.min, workers));
  if (within !== workers) return changed(within, 'limits');
  if (!isSteady || utilization === undefined) return { state: { ...before, steadyFor: 0 } };
  const state = {
    ...before,
    loads: [...before.loads, utilization * workers].slice(-DOWN),
    steadyFor: before.steadyFor + 1,
  };
  if (state.steadyFor < SETTLING + UP) return { state };
  const { target, min, max } = settings;
  const load = mean(state.loads.slice(-UP));
  // Doubles the number at most: while all workers are busy, it is unknown how much work is waiting.
  const wanted = load > workers * target ? Math.min(max, 2 * workers, Math.ceil(load / target)) : workers;
  const fit = Math.max(min, fitting);
  if (Math.min(wanted, fit) > workers) return changed(Math.min(wanted, fit), 'busy');
  return fewer(state, sample, settings) ?? noted(state, wanted > workers);
}

function fewer(
  { loads }: AutoscaleState,
  { workers, fitting }: AutoscaleSample,
  { min, target }: AutoscaleSettings,
): AutoscaleStep | undefined {
  if (loads.length < DOWN) return undefined;
  const enough = Math.max(min, Math.ceil(Math.max(...loads) / (target * SLACK)));
  const wanted = Math.min(enough, Math.max(min, fitting));
  if (wanted >= workers) return undefined;
  // Halves the number at most: their load must find the other workers.
  return changed(Math.max(wanted, Math.ceil(workers / 2)), enough < workers ? 'idle' : 'memory');
}

function noted(state: AutoscaleState, isShort: boolean): AutoscaleStep {
  if (isShort === state.isShortLogged) return { state };
  return { state: { ...state, isShortLogged: isShort }, ...(isShort && { isShort }) };
}

/** Earlier looks were at a different number of workers. */
function changed(to: number, why: AutoscaleReason): AutoscaleStep {
  return { state: NEW_AUTOSCALE, to, why };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
