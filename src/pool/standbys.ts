import type { KillReason } from '../contract/end-reasons';
import { backoff } from '../common/backoff';
import { isStopping, say, type PoolDraft } from './pool-draft';
import type { PoolMoment, PoolSettings, PoolState, Serial, Standby, StandbyPace } from './pool-state';
import { restartSettings } from './restart-settings';

const NO_FAILURES: StandbyPace = { failures: 0, nextAt: -Infinity };
// A worker that replaces another one has the CPU for itself until it is ready to answer.
const REFILL_MS = 300;

/** Takes the standby that has waited longest out of the reserve, so that it gets an id. */
export function takeStandby(draft: PoolDraft, now: number): Serial | undefined {
  const serial = readyStandby(draft);
  if (serial === undefined) return undefined;
  draft.standbys.delete(serial);
  draft.standbyPace = { ...NO_FAILURES, nextAt: now + REFILL_MS };
  return serial;
}

type Reserve = Pick<PoolState, 'standbys' | 'standbyPace'>;

export function isReserveShort(
  { standbys }: Reserve,
  { standbyWorkers }: Pick<PoolSettings, 'standbyWorkers'>,
): boolean {
  return standbys.size < standbyWorkers;
}

export function readyStandby({ standbys }: Pick<PoolState, 'standbys'>): Serial | undefined {
  for (const { kind, serial } of standbys.values()) if (kind === 'ready') return serial;
  return undefined;
}

/**
 * Fills the reserve, and removes surplus standbys. Serving workers come first: no standby is started while one of them
 * boots.
 */
export function keepReserve(draft: PoolDraft, moment: PoolMoment, isAnyBooting: () => boolean): void {
  if (isStopping(draft) || !draft.hasStarted) return;
  const reserve = [...draft.standbys.values()].filter(({ kind }) => kind !== 'stopping');
  const wanted = draft.target === 0 ? 0 : moment.settings.standbyWorkers;
  for (const standby of reserve.slice(wanted)) tellStandby(draft, standby, 'scale_down');
  if (wanted <= reserve.length || !mayStart(draft, moment) || isAnyBooting()) return;
  const isStarting = reserve.some(({ kind }) => kind !== 'ready');
  // One at a time: nothing waits for standbys.
  if (isStarting) return;
  draft.serials += 1;
  const serial = draft.serials;
  draft.standbys.set(serial, { kind: 'launching', serial, since: moment.now });
  draft.actions.push({ kind: 'launch_standby', serial });
}

function mayStart(draft: PoolDraft, moment: PoolMoment): boolean {
  if (draft.first.kind !== 'up' || moment.now < draft.standbyPace.nextAt) return false;
  return ![...draft.slots.values()].some(
    ({ state }) => state.kind === 'waiting' && state.until <= moment.now,
  );
}

/** When the passing of time alone changes something for the reserve. */
export function standbyTimes(
  { standbys, standbyPace }: Reserve,
  settings: Pick<PoolSettings, 'standbyWorkers' | 'workerReadyTimeoutMs'>,
): readonly number[] {
  const booting = [...standbys.values()].filter(({ kind }) => kind === 'launching' || kind === 'booting');
  return [
    ...(settings.standbyWorkers > 0 ? [standbyPace.nextAt] : []),
    ...booting.map(({ since }) => since + settings.workerReadyTimeoutMs),
  ];
}

/** A standby that does not become ready is useless. */
export function endLateStandbys(draft: PoolDraft, moment: PoolMoment): void {
  for (const standby of [...draft.standbys.values()]) {
    if (standby.kind !== 'booting') continue;
    if (moment.now - standby.since < moment.settings.workerReadyTimeoutMs) continue;
    tellStandby(draft, standby, 'ready_timeout', false);
    noteFailure(draft, false, moment);
  }
}

/** What the standby has loaded exceeds the limit of a worker: it would be recycled as soon as it has an id. */
export function endOversizedStandbys(
  draft: PoolDraft,
  memoryOf: (serial: Serial) => number | undefined,
  moment: PoolMoment,
): void {
  const { workerMaxMemory: limitBytes } = moment.settings;
  if (limitBytes === undefined) return;
  for (const standby of [...draft.standbys.values()]) {
    const memoryBytes = memoryOf(standby.serial);
    if (standby.kind !== 'ready' || memoryBytes === undefined || memoryBytes < limitBytes) continue;
    say(draft, { kind: 'standby_greedy', pid: standby.pid, memoryBytes, limitBytes });
    tellStandby(draft, standby, 'max_memory');
    noteFailure(draft, moment.now - standby.since >= moment.settings.restartBackoffResetMs, moment);
  }
}

/** The standbys must load another program, or another configuration. */
export function refreshStandbys(draft: PoolDraft): void {
  endStandbys(draft, 'standby_refresh', true);
  draft.standbyPace = NO_FAILURES;
}

export function endStandbys(draft: PoolDraft, reason: KillReason, graceful: boolean): void {
  for (const standby of [...draft.standbys.values()]) tellStandby(draft, standby, reason, graceful);
}

function tellStandby(draft: PoolDraft, standby: Standby, reason: KillReason, graceful = true): void {
  const { serial, since } = standby;
  const pid = standby.kind === 'launching' ? undefined : standby.pid;
  draft.standbys.set(serial, { kind: 'stopping', serial, since, pid });
  // A standby without a process yet is told once it has one.
  if (standby.kind !== 'launching') {
    draft.actions.push({ kind: 'tell_to_stop', serial, graceful, reason, isHurried: false });
  }
}

export function onStandbyLaunched(draft: PoolDraft, serial: Serial, pid: number | undefined): void {
  const standby = draft.standbys.get(serial);
  if (!standby) return;
  if (standby.kind === 'stopping') {
    draft.standbys.set(serial, { ...standby, pid });
    const reason = isStopping(draft) ? 'stop' : 'standby_refresh';
    draft.actions.push({ kind: 'tell_to_stop', serial, graceful: false, reason, isHurried: false });
  } else {
    draft.standbys.set(serial, { kind: 'booting', serial, since: standby.since, pid });
  }
}

export function onStandbyReady(draft: PoolDraft, serial: Serial, { now }: PoolMoment): void {
  const standby = draft.standbys.get(serial);
  if (standby?.kind !== 'booting') return;
  const { since, pid } = standby;
  draft.standbys.set(serial, { kind: 'ready', serial, since: now, pid });
  say(draft, { kind: 'standby_ready', pid, startMs: Math.round(now - since) });
}

/** This affects no worker. The next standby is started, after a delay that grows with each failure. */
export function onStandbyGone(draft: PoolDraft, serial: Serial, moment: PoolMoment): void {
  const standby = draft.standbys.get(serial);
  draft.standbys.delete(serial);
  if (!standby || standby.kind === 'stopping' || isStopping(draft)) return;
  const { now, settings } = moment;
  const hasStayed = standby.kind === 'ready' && now - standby.since >= settings.restartBackoffResetMs;
  noteFailure(draft, hasStayed, moment);
}

function noteFailure(draft: PoolDraft, hasStayed: boolean, { now, settings, random }: PoolMoment): void {
  const failures = hasStayed ? 0 : draft.standbyPace.failures + 1;
  const backoffMs = backoff(failures, restartSettings(settings), random);
  const delayMs = Math.max(backoffMs, settings.restartWorkerIntervalMs);
  draft.standbyPace = { failures, nextAt: now + delayMs };
  if (delayMs > 0) say(draft, { kind: 'standby_delayed', delayMs: Math.round(delayMs) });
}
