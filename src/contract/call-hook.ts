import { attempt } from '../common/attempt';
import type { LogFields, Logger } from '../record/logger';

/**
 * Calls a hook of the user's without waiting for it. A throw, now or later, is logged; who called goes on.
 * @param onFailed hears of the throw, after the log.
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
