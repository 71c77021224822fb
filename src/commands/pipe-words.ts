import type { Command } from './command';

/** The words of the command pipe. */
export const PIPE_WORDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['GRACEFUL_STOP', { kind: 'stop', graceful: true }],
  ['IMMEDIATE_STOP', { kind: 'stop', graceful: false }],
  ['GRACEFUL_RESTART', { kind: 'restart', graceful: true }],
  ['IMMEDIATE_RESTART', { kind: 'restart', graceful: false }],
  ['RELOAD', { kind: 'reload' }],
  ['DETACH', { kind: 'detach' }],
  ['UPGRADE', { kind: 'upgrade' }],
  ['DUMP', { kind: 'dump' }],
]);

/** The word for a command; undefined if there is none. */
export function pipeWord(command: Command): string | undefined {
  // No word names a group.
  if ('group' in command && command.group !== undefined) return undefined;
  for (const [word, known] of PIPE_WORDS) {
    if (known.kind === command.kind && gracefulOf(known) === gracefulOf(command)) return word;
  }
  return undefined;
}

function gracefulOf(command: Command): boolean | undefined {
  return 'graceful' in command ? command.graceful : undefined;
}
