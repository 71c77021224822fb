import type { KillReason } from '../contract/end-reasons';
import type { PoolAction, PoolNews } from './pool-events';
import type { LiveWorker, PoolState, Serial, Slot, SlotState, Standby, Turn } from './pool-state';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A copy of the pool's state that one step changes, and the actions that result. */
export interface PoolDraft extends Omit<
  Mutable<PoolState>,
  'slots' | 'leaving' | 'withdrawn' | 'turns' | 'standbys'
> {
  readonly slots: Map<number, Slot>;
  readonly leaving: Map<Serial, PoolState['leaving'] extends ReadonlyMap<Serial, infer V> ? V : never>;
  readonly withdrawn: Map<Serial, PoolState['withdrawn'] extends ReadonlyMap<Serial, infer V> ? V : never>;
  readonly turns: Map<number, Turn>;
  readonly standbys: Map<Serial, Standby>;
  readonly actions: PoolAction[];
}

export function draftOf(state: PoolState): PoolDraft {
  return {
    ...state,
    slots: new Map(state.slots),
    leaving: new Map(state.leaving),
    withdrawn: new Map(state.withdrawn),
    turns: new Map(state.turns),
    standbys: new Map(state.standbys),
    actions: [],
  };
}

export function say(draft: PoolDraft, news: PoolNews): void {
  draft.actions.push({ kind: 'say', news });
}

/** The only function that changes the state of a slot. */
export function setSlot(draft: PoolDraft, slot: Slot, state: SlotState): Slot {
  const next = { ...slot, state };
  draft.slots.set(slot.workerId, next);
  return next;
}

export function isStopping(draft: Pick<PoolState, 'stop'>): boolean {
  return draft.stop !== 'none';
}

export function isSurplus(draft: Pick<PoolState, 'target'>, workerId: number): boolean {
  return workerId >= draft.target;
}

/** The worker that has this id; undefined if there is none. */
export function ownerOf(state: SlotState): LiveWorker | undefined {
  switch (state.kind) {
    case 'serving':
    case 'stopping':
      return state.worker;
    case 'replacing':
      return state.old;
    case 'waiting':
    case 'launching':
    case 'over':
      return undefined;
  }
}

/** Every living worker of a slot, including the one that will take over. */
export function livingOf(state: SlotState): readonly LiveWorker[] {
  const owner = ownerOf(state);
  const next = state.kind === 'replacing' && state.next.kind === 'booting' ? [state.next.worker] : [];
  return owner ? [owner, ...next] : next;
}

/** Every living worker of a pool. */
export function livingIn({ slots, leaving }: Pick<PoolState, 'slots' | 'leaving'>): readonly LiveWorker[] {
  return [
    ...[...slots.values()].flatMap(({ state }) => livingOf(state)),
    ...[...leaving.values()].map(({ worker }) => worker),
  ];
}

/** Living workers: those with a slot, and those that have left theirs. */
export function aliveCount({ slots, leaving }: Pick<PoolState, 'slots' | 'leaving'>): number {
  return [...slots.values()].filter(({ state }) => ownerOf(state)).length + leaving.size;
}

export function tellToStop(
  draft: PoolDraft,
  worker: LiveWorker,
  graceful: boolean,
  reason: KillReason,
  isHurried = false,
): LiveWorker {
  const { serial, heapFill } = worker;
  draft.actions.push({ kind: 'tell_to_stop', serial, graceful, reason, isHurried, heapFill });
  return { ...worker, told: worker.told ?? reason };
}

/** The worker has left its slot, or never had one: its end needs no replacement. */
export function leave(draft: PoolDraft, worker: LiveWorker): void {
  draft.leaving.set(worker.serial, { worker, isLogged: false });
}

/**
 * Changes a living worker wherever it is: in a slot, as the replacement in a slot, or among those that have left
 * theirs.
 */
export function changeWorker(
  draft: PoolDraft,
  serial: Serial,
  change: (worker: LiveWorker) => LiveWorker,
): LiveWorker | undefined {
  const leaving = draft.leaving.get(serial);
  if (leaving) {
    const worker = change(leaving.worker);
    draft.leaving.set(serial, { ...leaving, worker });
    return worker;
  }
  for (const slot of draft.slots.values()) {
    const { state } = slot;
    if (state.kind === 'replacing' && state.next.kind === 'booting' && state.next.worker.serial === serial) {
      const worker = change(state.next.worker);
      setSlot(draft, slot, { ...state, next: { ...state.next, worker } });
      return worker;
    }
    const owner = ownerOf(state);
    if (owner?.serial !== serial) continue;
    const worker = change(owner);
    if (state.kind === 'replacing') setSlot(draft, slot, { ...state, old: worker });
    else if (state.kind === 'serving' || state.kind === 'stopping')
      setSlot(draft, slot, { ...state, worker });
    return worker;
  }
  return undefined;
}
