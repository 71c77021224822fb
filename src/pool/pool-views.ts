import type { WorkerState, WorkerView } from '../contract/server-control';
import type { StandbyStatus, WorkerStatusState } from '../contract/status';
import { ownerOf } from './pool-draft';
import type { LiveWorker, PoolState, SlotState, Standby } from './pool-state';

/** One line of a status: a slot, or a worker that has left its slot. */
export interface StatusRow {
  readonly workerId: number;
  readonly worker: LiveWorker | undefined;
  readonly state: WorkerStatusState;
  readonly generation: number;
}

/** isStopping: we are ending it, for whatever reason. */
export function statusRowsOf(
  state: PoolState,
  isStopping: (worker: LiveWorker) => boolean,
): readonly StatusRow[] {
  const places = [...state.slots.values()].map(({ workerId, generation, state: slot }) => {
    const worker = ownerOf(slot);
    return {
      workerId,
      worker,
      state: worker ? stateOf(worker, isStopping) : emptyState(slot),
      generation: worker?.generation ?? generation,
    };
  });
  const left = [...state.leaving.values()].map(({ worker }) => ({
    workerId: worker.workerId,
    worker,
    state: worker.phase.kind === 'closed' ? ('draining' as const) : ('stopping' as const),
    generation: worker.generation,
  }));
  return [...places, ...left];
}

function emptyState({ kind }: SlotState): WorkerStatusState {
  switch (kind) {
    case 'over':
      return 'over';
    case 'launching':
      return 'starting';
    case 'waiting':
    case 'serving':
    case 'replacing':
    case 'stopping':
      return 'waiting';
  }
}

function stateOf(worker: LiveWorker, isStopping: (worker: LiveWorker) => boolean): WorkerStatusState {
  if (worker.told !== undefined || isStopping(worker)) return 'stopping';
  switch (worker.phase.kind) {
    case 'starting':
      return 'starting';
    case 'running':
      return 'running';
    case 'closing':
    case 'closed':
      return 'stopping';
  }
}

export function standbyState({ kind }: Standby): StandbyStatus['state'] {
  switch (kind) {
    case 'launching':
    case 'booting':
      return 'starting';
    case 'ready':
      return 'standby';
    case 'stopping':
      return 'stopping';
  }
}

/** The entry of `server.workers`. */
export function viewOf(
  { workerId, worker, state, generation }: StatusRow,
  now: number,
): Omit<WorkerView, 'group' | 'send'> {
  return {
    workerId,
    pid: worker?.pid,
    state: viewState(state),
    generation,
    uptimeMs: worker ? Math.round(now - worker.startedAt) : 0,
  };
}

function viewState(state: WorkerStatusState): WorkerState {
  switch (state) {
    case 'over':
      return 'exited';
    case 'standby':
      return 'waiting';
    case 'waiting':
    case 'starting':
    case 'running':
    case 'draining':
    case 'stopping':
      return state;
  }
}
