import { loadWithoutLazy } from '../compiled-code/without-lazy';
import type { WorkerSpec } from '../child/worker-environment';
import type { ThreadRole } from '../protocol/thread-protocol';
import { takeSignals } from './early-signals';
import type { EngineDefinition } from './engine-definition';
import { role } from './role';
import type { SignalSource } from './signal-source';
import type { RunningEngine } from '../commands/running-engine';
import type { MainOrigin } from './play-main';
import { groupNamed } from './worker-groups';

/** What the engine object needs from the main process. */
export interface MainObserver {
  /** The owner of the signals from now on. */
  readonly onSignals: (signals: SignalSource) => void;
  /** The running engine; undefined: it takes no more calls. */
  readonly onRunning: (running: RunningEngine | undefined) => void;
}

/** Runs the role of this process to its end. Loads only what the role needs. Resolves with the exit status. */
export async function playRole(spec: EngineDefinition, observer: MainObserver): Promise<number> {
  switch (role.kind) {
    case 'top':
      return playMain(spec, 'user', observer);
    case 'check':
      return (await import('./play-check')).playCheck(spec);
    case 'daemon':
      return playMain(spec, 'launcher', observer);
    case 'successor':
      return playMain(spec, 'predecessor', observer);
    case 'server':
      return playServer(spec);
    case 'worker':
      return playWorker(spec);
    case 'template':
      return playTemplate(spec);
    case 'thread':
      return playThread(spec, role.thread);
  }
}

async function playMain(
  spec: EngineDefinition,
  origin: MainOrigin,
  { onSignals, onRunning }: MainObserver,
): Promise<number> {
  // Before anything slow: from here on no signal is lost, and none kills us halfway.
  const signals = takeSignals();
  onSignals(signals);
  try {
    const top = await import('./play-main');
    return await top.playMain(spec, signals, origin, onRunning);
  } finally {
    onRunning(undefined);
  }
}

async function playServer(spec: EngineDefinition): Promise<number> {
  const signals = takeSignals();
  const { playSupervisedServer } = await import('./play-server');
  return playSupervisedServer(spec, signals);
}

async function playWorker(spec: EngineDefinition): Promise<number> {
  const { playProcessWorker } = await import('../child/process-worker');
  return playProcessWorker(await workerSpec(spec));
}

/** Resolves in each worker that is forked from it. */
async function playTemplate(spec: EngineDefinition): Promise<number> {
  const [{ serveTemplate }, { playProcessWorker }] = await loadWithoutLazy(() =>
    Promise.all([import('../child/serve-template'), import('../child/process-worker')]),
  );
  const ofWorkers = await workerSpec(spec);
  await serveTemplate(ofWorkers);
  return playProcessWorker(ofWorkers);
}

async function playThread(spec: EngineDefinition, thread: ThreadRole): Promise<number> {
  const { playThreadWorker } = await import('../child/thread-worker');
  return playThreadWorker(await workerSpec(spec), thread);
}

async function workerSpec({ container, serverClass, groups }: EngineDefinition): Promise<WorkerSpec> {
  const { makeWorker } = await import('./wiring');
  return {
    serverPrototype: serverClass.prototype as object,
    workerClass: (group) => groupNamed(groups, group).workerClass,
    makeWorker: (context, group) => makeWorker(container, groupNamed(groups, group).workerClass, context),
  };
}
