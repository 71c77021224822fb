import type { RestartResult, RolloutFailure } from '../contract/results';

/** One of the workers that a server starts with. */
export interface RoundPlace {
  readonly group: string;
  readonly workerId: number;
}

/** Follows the first workers of a server: whether all of them become ready. */
export interface FirstRound {
  /** Not ready yet. */
  readonly missing: readonly RoundPlace[];
  readonly ready: number;
  /** When a worker was last started, or last became ready. */
  readonly progressAt: number;
}

export type RoundEvent =
  | ({ readonly kind: 'started' | 'ready' } & RoundPlace)
  /** isIntended: by a stop or another restart. Then the next worker of that slot counts. */
  | ({ readonly kind: 'ended'; readonly why: string; readonly isIntended: boolean } & RoundPlace)
  /** Time has passed, or the number of workers has changed. */
  | { readonly kind: 'look' };

export interface RoundScene {
  readonly now: number;
  /** Within this time a worker must become ready, and the next one be started. */
  readonly limitMs: number;
  /** How many workers a group should have now. */
  readonly target: (group: string) => number;
}

export interface RoundStep {
  readonly round: FirstRound;
  /** Set once it is over: all are ready, or one will not be. */
  readonly result?: Omit<RestartResult, 'tookMs'>;
}

export function beginRound(places: readonly RoundPlace[], now: number): FirstRound {
  return { missing: places, ready: 0, progressAt: now };
}

export function stepRound(before: FirstRound, event: RoundEvent, scene: RoundScene): RoundStep {
  const taken = take(before, event, scene);
  const missing = taken.missing.filter(({ group, workerId }) => workerId < scene.target(group));
  const round = { ...taken, missing };
  const [first] = missing;
  if (!first) return { round, result: { ok: true, outcome: 'held', replaced: round.ready, kept: 0 } };
  if (event.kind === 'ended' && !event.isIntended && isIn(missing, event)) {
    return failed(round, event, event.why);
  }
  if (scene.now - round.progressAt >= scene.limitMs) {
    return failed(round, first, `it was not ready after ${scene.limitMs / 1000} s`);
  }
  return { round };
}

/** When it is over in any case. */
export function roundDueAt({ progressAt }: FirstRound, { limitMs }: Pick<RoundScene, 'limitMs'>): number {
  return progressAt + limitMs;
}

function take(round: FirstRound, event: RoundEvent, { now }: RoundScene): FirstRound {
  if (event.kind === 'look' || event.kind === 'ended' || !isIn(round.missing, event)) return round;
  if (event.kind === 'started') return { ...round, progressAt: now };
  const missing = round.missing.filter((place) => !isSame(place, event));
  return { missing, ready: round.ready + 1, progressAt: now };
}

function failed(round: FirstRound, { group, workerId }: RoundPlace, why: string): RoundStep {
  const failure: RolloutFailure = { group, workerId, why };
  const counts = { replaced: round.ready, kept: 0 };
  return { round, result: { ok: false, outcome: 'halted', ...counts, failed: failure, reason: why } };
}

function isIn(places: readonly RoundPlace[], place: RoundPlace): boolean {
  return places.some((one) => isSame(one, place));
}

function isSame(one: RoundPlace, other: RoundPlace): boolean {
  return one.group === other.group && one.workerId === other.workerId;
}
