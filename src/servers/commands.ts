import { attempt } from '../common/attempt';
import { wire } from '../common/wires';
import type { Logger } from '../logging/logger';

/** What a server or supervisor can be told, by a signal, a pipe or a method. */
export type ServerCommand =
  | { readonly kind: 'stop'; readonly graceful: boolean }
  | { readonly kind: 'restart'; readonly graceful: boolean }
  | { readonly kind: 'reload' }
  | { readonly kind: 'detach' }
  | { readonly kind: 'upgrade' }
  | { readonly kind: 'dump' }
  | { readonly kind: 'scale'; readonly by: number };

/** What signals and the command pipe are delivered to. */
export interface CommandTarget {
  /** Only enqueues: a signal handler may call it at any time. */
  command(command: ServerCommand): void;
}

/** The words of the command pipe. */
export const PIPE_WORDS: ReadonlyMap<string, ServerCommand> = new Map<string, ServerCommand>([
  ['GRACEFUL_STOP', { kind: 'stop', graceful: true }],
  ['IMMEDIATE_STOP', { kind: 'stop', graceful: false }],
  ['GRACEFUL_RESTART', { kind: 'restart', graceful: true }],
  ['IMMEDIATE_RESTART', { kind: 'restart', graceful: false }],
  ['RELOAD', { kind: 'reload' }],
  ['DETACH', { kind: 'detach' }],
  ['UPGRADE', { kind: 'upgrade' }],
  ['DUMP', { kind: 'dump' }],
]);

/** The word for a command; undefined when the pipe has none. */
export function pipeWord(command: ServerCommand): string | undefined {
  for (const [word, known] of PIPE_WORDS) {
    if (known.kind === command.kind && gracefulOf(known) === gracefulOf(command)) return word;
  }
  return undefined;
}

function gracefulOf(command: ServerCommand): boolean | undefined {
  return 'graceful' in command ? command.graceful : undefined;
}

/** Does what a command asks for. Whatever goes wrong, now or later, is a line in the log: no command ends a process. */
export function carryOut(command: ServerCommand, act: () => unknown, logger: Logger): void {
  wire('command', command);
  attempt(act, (error) => logger.error(`command ${command.kind} failed, this process goes on`, { error }));
}
