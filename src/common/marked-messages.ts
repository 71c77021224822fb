import { wireOf } from './wires';

/**
 * The engine's own messages on an IPC channel that it shares with the user's program and its libraries. Node keeps a
 * `cmd` that begins with NODE_ to itself: such a message comes as 'internalMessage', and no listener for 'message' sees it.
 */

const MARK = 'NODE_SERVERENGINE';

interface Marked {
  readonly cmd: typeof MARK;
  readonly message: object;
}

/** @param to who gets it. Default: the process above. */
export function marked(message: object, to?: number): Marked {
  wireOf(message, () => `to ${to ?? 'the process above'}`);
  return { cmd: MARK, message };
}

/** Hands over every marked message of a child process, or of `process` itself. */
export function onMarked(
  emitter: NodeJS.EventEmitter,
  take: (message: object, handle: unknown) => void,
): void {
  emitter.on('internalMessage', (raw: Partial<Marked> | null, handle: unknown) => {
    if (raw?.cmd !== MARK || raw.message === undefined) return;
    const { message } = raw;
    wireOf(message, () => `from ${emitter === process ? 'the process above' : pidOf(emitter)}`);
    take(message, handle);
  });
}

function pidOf(child: object): string {
  return String((child as { readonly pid?: number }).pid);
}

/** Names a message that is not ours, for people. Undefined: Node's own, as from `node --watch`. */
export function nameOfForeign(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null) return typeof message;
  if (Object.keys(message).some((key) => key.startsWith('watch:'))) return undefined;
  const { type } = message as { type?: unknown };
  return typeof type === 'string' ? type.slice(0, LONGEST_NAME) : 'object';
}

const LONGEST_NAME = 50;
