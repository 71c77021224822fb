import type { Command } from '../commands/command';
import { messageOf } from '../common/errors';
import { checkCommand } from '../protocol/check-command';
import { isFields } from '../protocol/check-message';

/** What the page may ask for. check: does nothing, only reports whether the token is right. */
export type Action = { readonly kind: 'check' } | { readonly kind: 'command'; readonly command: Command };

const COMMANDS: readonly string[] = ['restart', 'scale', 'dump'] satisfies readonly Command['kind'][];

/** Reads a request to /actions/NAME. @returns a sentence that says what is wrong with it, if anything is. */
export function parseAction(name: string, body: string): Action | string {
  if (name !== 'check' && !COMMANDS.includes(name))
    return `there is no action ${name}; the actions are check, ${COMMANDS.join(', ')}`;
  let given: unknown;
  try {
    given = body === '' ? {} : JSON.parse(body);
  } catch {
    return 'the body must be JSON';
  }
  if (!isFields(given)) return 'the body must be a JSON object';
  if (name === 'check') return { kind: 'check' };
  const defaults = name === 'restart' ? { graceful: true } : {};
  try {
    // Checked by the rules for every command from outside.
    return { kind: 'command', command: checkCommand({ ...defaults, ...given, kind: name }) };
  } catch (error) {
    return messageOf(error);
  }
}
