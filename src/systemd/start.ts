import { systemClock } from '../common/clock';
import { notifyEnvironment } from './notify-environment';
import { sendNotice } from './send-notice';
import { ServiceManager, type ServiceManagerDeps } from './service-manager';

/** Tells systemd about the engine, from now until the engine ends. */
export function startServiceManager(
  deps: Omit<ServiceManagerDeps, 'send' | 'clock' | 'watchdogMs' | 'parentPid'>,
): ServiceManager {
  const watchdogMs = notifyEnvironment(process.env, process.pid, deps.isSuccessor)?.watchdogMs;
  return new ServiceManager({
    ...deps,
    watchdogMs,
    send: sendNotice,
    parentPid: () => process.ppid,
    clock: systemClock,
  });
}
