/** The key `autoscale`. */
export interface AutoscaleSettings {
  readonly min: number;
  readonly max: number;
  /** The share of the time that the event loops are busy: above it there are too few workers. */
  readonly target: number;
}

/** One look at a group of workers. */
export interface AutoscaleSample {
  /** How many workers there should be. */
  readonly workers: number;
  /** A restart or a stop is under way: the number is nobody's business then. */
  readonly isHeld: boolean;
  /** Every worker is in its run(), and none has crashed lately. */
  readonly isSteady: boolean;
  /** Mean share of the time that the event loops were busy. Undefined: not known. */
  readonly utilization: number | undefined;
  /** So many workers there is memory for. Infinity: not known. */
  readonly fitting: number;
}

export interface AutoscaleState {
  /** How many workers' time the work took, 1 for an event loop that is always busy; the last one last. */
  readonly loads: readonly number[];
  /** So many looks in a row have found the group steady. */
  readonly steadyFor: number;
  /** The log has said that memory stands against more workers. */
  readonly isShortSaid: boolean;
}

/** busy, idle: by the utilisation · memory: there is none for so many · limits: min or max has changed. */
export type AutoscaleReason = 'busy' | 'idle' | 'memory' | 'limits';

export interface AutoscaleStep {
  readonly state: AutoscaleState;
  /** The new number of workers. Undefined: no change. */
  readonly to?: number;
  readonly why?: AutoscaleReason;
  /** More would be wanted, and memory stands against it: said once. */
  readonly isShort?: true;
}

export const NEW_AUTOSCALE: AutoscaleState = { loads: [], steadyFor: 0, isShortSaid: false };

// All in looks; there is one each heartbeat.
/** What boots takes processor time, and the work has to find the new workers. */
const SETTLING = 2;
/** More workers come after so many, with the mean of these. */
const UP = 3;
/** Fewer come after so many, with the highest of these. */
const DOWN = 60;

/** Fewer workers must still be this much below the target: what is added at the target would else be taken back. */
const SLACK = 0.8;

/**
 * Whether a group gets more workers, or fewer. Up fast: one that is overloaded keeps its clients waiting. Down slowly:
 * an idle worker costs memory alone, and the next peak may be near.
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
  // At most twice as many: how much work waits is not known while all are busy.
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
  // Half of them at most: what they held is to find the others.
  return changed(Math.max(wanted, Math.ceil(workers / 2)), enough < workers ? 'idle' : 'memory');
}

function noted(state: AutoscaleState, isShort: boolean): AutoscaleStep {
  if (isShort === state.isShortSaid) return { state };
  return { state: { ...state, isShortSaid: isShort }, ...(isShort && { isShort }) };
}

/** What was seen was seen of another number of workers. */
function changed(to: number, why: AutoscaleReason): AutoscaleStep {
  return { state: NEW_AUTOSCALE, to, why };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
