import { isError } from '../common/errors';
import { safeInspect } from './safe-json';

/** The text of a record's message, not yet escaped. */
export function messageText(message: unknown): string {
  if (typeof message === 'string') return message;
  if (isError(message)) return message.message === '' ? message.name : message.message;
  return safeInspect(message);
}
