import type { EngineConfig } from '../config/engine-config';
import type { CrashLimit, RestartSettings } from '../process/restart-policy';

export function restartSettings(engine: EngineConfig): RestartSettings {
  return {
    backoffMinMs: engine.restartBackoffMinMs,
    backoffMaxMs: engine.restartBackoffMaxMs,
    backoffResetMs: engine.restartBackoffResetMs,
    restartWorkerIntervalMs: engine.restartWorkerIntervalMs,
    unrecoverableExitCodes: engine.unrecoverableExitCodes,
  };
}

export function crashLimit(engine: EngineConfig): CrashLimit {
  return { maxRestarts: engine.maxRestarts, periodMs: engine.maxRestartsPeriodMs };
}
