import type { WorkerSpec } from '../child/play-worker';
import type { ThreadRole } from '../protocol/thread-protocol';
import { takeSignals } from './early-signals';
import type { EngineSpec } from './engine-spec';
import { role } from './role';
import type { SignalSource } from './signal-source';
import type { RunningTop } from './top';
import type { TopOrigin } from './top-role';
import { groupNamed } from './worker-groups';

/** What the engine object wants of the process at the top. */
export interface TopObserver {
  /** Whose signals they are from now on. */
  readonly onSignals: (signals: SignalSource) => void;
  /** It can be told something; undefined: no more. */
  readonly onRunning: (running: RunningTop | undefined) => void;
}

/** Plays what this process is, to its end. Only what the role needs is loaded. Resolves with the exit status. */
export function playRole(spec: EngineSpec, observer: TopObserver): Promise<number> {
  switch (role.kind) {
    case 'top':
      return playTop(spec, 'user', observer);
    case 'daemon':
      return playTop(spec, 'launcher', observer);
    case 'successor':
      return playTop(spec, 'predecessor', observer);
    case 'server':
      return playServer(spec);
    case 'worker':
      return playWorker(spec);
    case 'thread':
      return playThread(spec, role.thread);
  }
}

async function playTop(
  spec: EngineSpec,
  origin: TopOrigin,
  { onSignals, onRunning }: TopObserver,
): Promise<number> {
  // Before anything slow: from here on no signal is lost, and none kills us half-way.
  const signals = takeSignals();
  onSignals(signals);
  try {
    const top = await import('./top-role');
    return await top.playTop(spec, signals, origin, onRunning);
  } finally {
    onRunning(undefined);
  }
}

async function playServer(spec: EngineSpec): Promise<number> {
  const signals = takeSignals();
  const { playSupervisedServer } = await import('./supervised-server');
  return playSupervisedServer(spec, signals);
}

async function playWorker(spec: EngineSpec): Promise<number> {
  const { playProcessWorker } = await import('../child/process-worker');
  return playProcessWorker(await workerSpec(spec));
}

async function playThread(spec: EngineSpec, thread: ThreadRole): Promise<number> {
  const { playThreadWorker } = await import('../child/thread-worker');
  return playThreadWorker(await workerSpec(spec), thread);
}

async function workerSpec({ container, serverClass, groups }: EngineSpec): Promise<WorkerSpec> {
  const { makeWorker } = await import('./wiring');
  return {
    serverPrototype: serverClass.prototype as object,
    makeWorker: (context, group) => makeWorker(container, groupNamed(groups, group).workerClass, context),
  };
}
