import { attempt } from '../common/attempt';
import type { LogFields, Logger } from '../record/logger';

/**
 * Calls a hook of the user without waiting for it. If it throws, now or later, the error is logged and the caller goes on.
 * @param onFailed is called with the error, after the log.
 */
export function callHook(
  name: string,
  call: () => void | Promise<void>,
  logger: Logger,
  fields: LogFields = {},
  onFailed: (error: unknown) => void = () => {},
): void {
  attempt(call, (error) => {
    logger.error(`${name}() failed`, { ...fields, error });
    onFailed(error);
  });
}
