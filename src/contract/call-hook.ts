import type { LogFields, Logger } from '../logging/logger';

/** Calls a hook of the user's without waiting for it. A throw, now or later, is logged; who called goes on. */
export function callHook(
  name: string,
  call: () => void | Promise<void>,
  logger: Logger,
  fields: LogFields = {},
): void {
  const failed = (error: unknown): void => logger.error(`${name}() failed`, { ...fields, error });
  try {
    void Promise.resolve(call()).catch(failed);
  } catch (error) {
    failed(error);
  }
}
