/** How the service manager wants to be notified, according to the environment. */
export interface NotifyEnvironment {
  /** How long it waits for the next sign of life; undefined: it has no watchdog. */
  readonly watchdogMs: number | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Undefined: it does not want to be notified.
 * @param isSuccessor the watchdog variables were set for the process before this one.
 */
export function notifyEnvironment(
  env: Environment,
  pid: number,
  isSuccessor: boolean,
): NotifyEnvironment | undefined {
  if (!env['NOTIFY_SOCKET']) return undefined;
  const watchdogUs = Number(env['WATCHDOG_USEC']);
  const isOurs = isSuccessor || env['WATCHDOG_PID'] === undefined || env['WATCHDOG_PID'] === String(pid);
  return { watchdogMs: isOurs && watchdogUs > 0 ? watchdogUs / 1000 : undefined };
}
