import type { DeathRecord, EngineStatus, GroupStatus, WorkerStatus } from '../../../src/contract/status';

export const NOW = 1_700_000_000_000;

export function worker(more: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    group: 'web',
    workerId: 0,
    pid: 100,
    state: 'running',
    ready: true,
    generation: 1,
    uptimeMs: 60_000,
    restarts: 0,
    lastExit: undefined,
    ...more,
  };
}

export function death(more: Partial<DeathRecord> = {}): DeathRecord {
  return {
    group: 'web',
    workerId: 0,
    generation: 1,
    pid: 99,
    reason: 'crash',
    code: 1,
    signal: null,
    uptimeMs: 200,
    at: NOW,
    ...more,
  };
}

export function group(more: Partial<GroupStatus> = {}): GroupStatus {
  return {
    name: 'web',
    type: 'process',
    target: 1,
    strategy: 'auto',
    start: 'spawn',
    startInUse: 'spawn',
    ...more,
  };
}

export function status(more: Partial<EngineStatus> = {}): EngineStatus {
  return {
    version: '1.2.3',
    pid: 1,
    role: 'supervisor',
    state: 'running',
    startedAt: NOW,
    uptimeMs: 60_000,
    reloadedAt: undefined,
    rollout: undefined,
    sockets: [],
    groups: [group()],
    workers: [worker()],
    standby: [],
    deaths: [],
    ...more,
  };
}
