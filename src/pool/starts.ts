import { NO_HISTORY } from './restart-policy';
import { nextStartAt } from './start-pacing';
import { isStopping, isSurplus, say, setSlot, type PoolDraft } from './pool-draft';
import { takeStandby } from './standbys';
import type { Launch, LiveWorker, PoolMoment, PoolState, Serial, Slot } from './pool-state';

const NONE: readonly never[] = [];

/** Creates a slot for every id below the target. */
export function fill(draft: PoolDraft, moment: PoolMoment): void {
  for (let workerId = 0; workerId < draft.target; workerId += 1) {
    if (draft.slots.has(workerId)) continue;
    const slot: Slot = {
      workerId,
      generation: 0,
      history: NO_HISTORY,
      state: { kind: 'waiting', until: moment.now },
    };
    schedule(draft, slot, moment.now, moment);
  }
}

/** Schedules the next worker for that time, or later if the spacing of starts requires it. */
export function schedule(draft: PoolDraft, slot: Slot, at: number, { settings, random }: PoolMoment): void {
  const { startWorkerDelayMs, startWorkerDelayRand } = settings;
  const paced = nextStartAt(draft.lastStartAt, startWorkerDelayMs, startWorkerDelayRand, random);
  const until = Math.max(at, paced);
  draft.lastStartAt = until;
  setSlot(draft, slot, { kind: 'waiting', until });
}

/** Requests a start under that id: if a standby is ready, it is used at once. */
export function newLaunch(
  draft: PoolDraft,
  slot: Slot,
  { now }: PoolMoment,
): { readonly next: Slot; readonly launch: Launch } {
  const { workerId } = slot;
  const next = { ...slot, generation: slot.generation + 1 };
  const { generation } = next;
  const standby = takeStandby(draft, now);
  if (standby === undefined) draft.serials += 1;
  const serial = standby ?? draft.serials;
  draft.actions.push({ kind: standby === undefined ? 'launch' : 'assign', serial, workerId, generation });
  return { next, launch: { serial, workerId, generation, since: now, isSlow: false } };
}

/** The result of this start is no longer wanted. */
export function withdraw(draft: PoolDraft, launch: Launch): void {
  draft.withdrawn.set(launch.serial, launch);
}

/**
 * When each pending start began. Starts that have taken longer than a worker may take do not count: they do not hold up
 * the others.
 */
export function bootingSince(
  state: Pick<PoolState, 'slots' | 'leaving' | 'withdrawn'>,
  { now, settings }: Pick<PoolMoment, 'now' | 'settings'>,
): readonly number[] {
  const begun: number[] = [];
  const add = ({ since }: Launch | LiveWorker): void => {
    if (now - since < settings.workerReadyTimeoutMs) begun.push(since);
  };
  const addIfBooting = (worker: LiveWorker): void => {
    if (worker.phase.kind === 'starting') add(worker);
  };
  for (const launch of state.withdrawn.values()) add(launch);
  for (const { worker } of state.leaving.values()) addIfBooting(worker);
  for (const { state: slot } of state.slots.values()) {
    switch (slot.kind) {
      case 'launching':
        add(slot.launch);
        break;
      case 'serving':
      case 'stopping':
        addIfBooting(slot.worker);
        break;
      case 'replacing':
        if (slot.old) addIfBooting(slot.old);
        if (slot.next.kind === 'launching') add(slot.next.launch);
        else addIfBooting(slot.next.worker);
        break;
      case 'waiting':
      case 'over':
    }
  }
  return begun;
}

export function launchesOf({ state }: Slot): readonly Launch[] {
  if (state.kind === 'launching') return [state.launch];
  return state.kind === 'replacing' && state.next.kind === 'launching' ? [state.next.launch] : NONE;
}

/** A hanging beforeFork() or spawn() keeps its slot empty: this is logged once. */
export function reportSlowLaunches(draft: PoolDraft, { now, settings }: PoolMoment): void {
  for (const slot of [...draft.slots.values()]) {
    for (const launch of launchesOf(slot)) {
      const waitedMs = now - launch.since;
      if (launch.isSlow || waitedMs < settings.workerReadyTimeoutMs) continue;
      const { workerId, generation } = launch;
      say(draft, { kind: 'launch_slow', workerId, generation, waitedMs });
      changeLaunch(draft, slot, { ...launch, isSlow: true });
    }
  }
}

function changeLaunch(draft: PoolDraft, slot: Slot, launch: Launch): void {
  const { state } = slot;
  if (state.kind === 'launching') setSlot(draft, slot, { kind: 'launching', launch });
  else if (state.kind === 'replacing')
    setSlot(draft, slot, { ...state, next: { kind: 'launching', launch } });
}

/** The slot that this start belongs to. */
export function slotOfLaunch(draft: PoolDraft, serial: Serial): { slot: Slot; launch: Launch } | undefined {
  for (const slot of draft.slots.values()) {
    const launch = launchesOf(slot).find((one) => one.serial === serial);
    if (launch) return { slot, launch };
  }
  return undefined;
}

/** Drops a slot that has no worker, gets none, and is no longer wanted. */
export function dropIfUnwanted(draft: PoolDraft, slot: Slot): boolean {
  if (!isStopping(draft) && !isSurplus(draft, slot.workerId)) return false;
  draft.slots.delete(slot.workerId);
  return true;
}

/** Whether a pending start is still wanted. */
export function isWanted({ slots }: Pick<PoolState, 'slots'>, serial: Serial): boolean {
  return [...slots.values()].some((slot) => launchesOf(slot).some((launch) => launch.serial === serial));
}
