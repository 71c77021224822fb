import type { EngineConfig } from '../config/engine-config';
import type { CrashLimit, RestartSettings } from './restart-policy';

type RestartKeys =
  | 'restartBackoffMinMs'
  | 'restartBackoffMaxMs'
  | 'restartBackoffResetMs'
  | 'restartWorkerIntervalMs'
  | 'unrecoverableExitCodes';

export function restartSettings(engine: Pick<EngineConfig, RestartKeys>): RestartSettings {
  return {
    backoffMinMs: engine.restartBackoffMinMs,
    backoffMaxMs: engine.restartBackoffMaxMs,
    backoffResetMs: engine.restartBackoffResetMs,
    restartWorkerIntervalMs: engine.restartWorkerIntervalMs,
    unrecoverableExitCodes: engine.unrecoverableExitCodes,
  };
}

export function crashLimit(engine: Pick<EngineConfig, 'maxRestarts' | 'maxRestartsPeriodMs'>): CrashLimit {
  return { maxRestarts: engine.maxRestarts, periodMs: engine.maxRestartsPeriodMs };
}
