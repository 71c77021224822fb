import type { ServerCommand } from './commands';

/**
 * The commands that wait to be done, with one more. What has not begun need not be done twice: of several restarts one
 * is left, an immediate one if any was. Stops and scalings each count.
 */
export function withCommand(
  waiting: readonly ServerCommand[],
  next: ServerCommand,
): readonly ServerCommand[] {
  switch (next.kind) {
    case 'stop':
    case 'scale':
      return [...waiting, next];
    case 'restart': {
      const isHard = waiting.some((other) => other.kind === 'restart' && !other.graceful);
      return [...without(waiting, 'restart'), isHard ? { kind: 'restart', graceful: false } : next];
    }
    case 'reload':
    case 'detach':
    case 'upgrade':
    case 'dump':
      return [...without(waiting, next.kind), next];
  }
}

function without(waiting: readonly ServerCommand[], kind: ServerCommand['kind']): readonly ServerCommand[] {
  return waiting.filter((other) => other.kind !== kind);
}
