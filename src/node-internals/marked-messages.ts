import { wireOf } from '../common/wires';
import type { Internal } from './shape';

/**
 * The engine's own messages, on an IPC channel that the engine shares with the user's program and its libraries. Node hides a
 * message whose `cmd` begins with NODE_: it arrives as 'internalMessage', and no listener of 'message' sees it.
 */

export const INTERNAL_MESSAGE: Internal = {
  name: "'internalMessage' of a channel",
  kind: 'private',
  expected: 'a message whose cmd begins with NODE_ arrives as that event, with its handle',
  usedFor: "the engine's messages between its processes; the requests of Node's cluster child",
  without: 'The engine cannot talk to its worker processes.',
};

/** Every message that Node or the engine hides from the program. */
export function onInternalMessage(
  emitter: NodeJS.EventEmitter,
  take: (message: object, handle: unknown) => void,
): void {
  emitter.on('internalMessage', take);
}

const MARK = 'NODE_SERVERENGINE';

interface Marked {
  readonly cmd: typeof MARK;
  /** Another process wrote it: it may be anything. */
  readonly message: unknown;
}

/** @param to the pid of the receiver. Default: the process above. */
export function marked(message: object, to?: number): Marked {
  wireOf(message, () => `to ${to ?? 'the process above'}`);
  return { cmd: MARK, message };
}

/** Passes on every marked message of a child process, or of `process` itself. */
export function onMarked(
  emitter: NodeJS.EventEmitter,
  take: (message: unknown, handle: unknown) => void,
): void {
  onInternalMessage(emitter, (raw, handle) => {
    const { cmd, message } = (raw as Partial<Marked> | null) ?? {};
    if (cmd !== MARK) return;
    if (typeof message === 'object' && message !== null)
      wireOf(message, () => `from ${emitter === process ? 'the process above' : pidOf(emitter)}`);
    take(message, handle);
  });
}

function pidOf(child: object): string {
  return String((child as { readonly pid?: number }).pid);
}

/** A name, for people, of a message that is not ours. Undefined: it is Node's own, for example of `node --watch`. */
export function nameOfForeign(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null) return typeof message;
  if (Object.keys(message).some((key) => key.startsWith('watch:'))) return undefined;
  const { type } = message as { type?: unknown };
  return typeof type === 'string' ? type.slice(0, LONGEST_NAME) : 'object';
}

const LONGEST_NAME = 50;
