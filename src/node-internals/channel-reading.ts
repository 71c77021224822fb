import type { ChildProcess } from 'node:child_process';
import { hasMethods, warnUnlessThere, type Internal } from './shape';

export const CHANNEL_READ: Internal = {
  name: "ChildProcess's symbol 'kChannelHandle'",
  kind: 'private',
  expected:
    "the pipe of the channel, with an onread that reads messages and throws at anything else, and a number 'kMessageBufferSize'",
  usedFor:
    'closes the channel of a child that writes garbage into it, where Node would end this process or buffer without limit',
  without:
    'A worker whose program writes to descriptor 3 past Node ends its parent process with an uncaught exception, or fills its memory.',
};

/** Far longer than any message. What is buffered waits for the rest of a message. */
const LONGEST_MESSAGE_BYTES = 64 * 1024 * 1024;

const EVENT = 'internalMessage';

export interface ChannelGuard {
  /** How much of an unfinished message is buffered. Default 64 MB. */
  readonly longestBytes?: number;
  /** Accept sockets that a user's program sends. Default false: only the engine's own are accepted, all others are closed. */
  readonly takesAnyHandle?: boolean;
}

interface NodeMessage {
  readonly cmd?: unknown;
  readonly type?: unknown;
}

interface RawHandle {
  readonly close?: () => void;
}

interface ChannelPipe {
  onread: (...read: unknown[]) => void;
  buffering?: boolean;
}

/**
 * Calls back, once, when a child has written something into its channel that cannot be recovered from: data that is not a message of
 * Node, a message that Node takes for its own and fails at, or the beginning of one that never ends. Without this guard Node throws
 * where nobody can catch it.
 */
export function guardChannel(
  child: ChildProcess,
  onBroken: (error: unknown) => void,
  guard: ChannelGuard = {},
): void {
  // The child was not started, or has no channel.
  if (!child.connected) return;
  let isBroken = false;
  const broken = (error: unknown): void => {
    if (isBroken) return;
    isBroken = true;
    onBroken(error);
  };
  guardReading(child, guard, broken);
  guardNodeMessages(child, guard, broken);
}

function guardReading(
  child: ChildProcess,
  { longestBytes = LONGEST_MESSAGE_BYTES }: ChannelGuard,
  onBroken: (error: unknown) => void,
): void {
  const pipe = symbolOf(child, 'kChannelHandle') as ChannelPipe | undefined;
  if (!warnUnlessThere(CHANNEL_READ, hasMethods(pipe, 'onread')) || !pipe) return;
  const read = pipe.onread;
  pipe.onread = function (this: unknown, ...given) {
    try {
      Reflect.apply(read, this, given);
    } catch (error) {
      onBroken(error);
    }
    if (keptBytes(pipe) <= longestBytes) return;
    // Otherwise disconnect() waits for the rest of the message.
    pipe.buffering = false;
    onBroken(tooLong(longestBytes));
  };
}

/** How much of an unfinished message has arrived: chunks, or text where the channel speaks JSON. */
function keptBytes(pipe: ChannelPipe): number {
  const [size, text] = [symbolOf(pipe, 'kMessageBufferSize'), symbolOf(pipe, 'kJSONBuffer')];
  if (typeof size === 'number') return size;
  return typeof text === 'string' ? text.length : 0;
}

function tooLong(longestBytes: number): Error {
  return new Error(`a message of more than ${longestBytes} bytes was begun; no message is that long`);
}

/** Node handles its own messages (NODE_HANDLE, NODE_HANDLE_ACK) in a listener that trusts them. */
function guardNodeMessages(
  child: ChildProcess,
  { takesAnyHandle = false }: ChannelGuard,
  onBroken: (error: unknown) => void,
): void {
  for (const listener of child.listeners(EVENT)) {
    child.off(EVENT, listener as () => void);
    child.on(EVENT, function (this: unknown, message: NodeMessage | null, handle?: RawHandle) {
      const isRefused = !takesAnyHandle && !!handle && !isOfEngine(message);
      if (isRefused) handle.close?.();
      try {
        // Node refuses the message without its handle, and reports that to the child.
        Reflect.apply(listener, this, [message, isRefused ? undefined : handle]);
      } catch (error) {
        onBroken(error);
      }
    });
  }
}

/** The engine sends raw handles. From any other message Node makes servers and sockets, which would accept connections here. */
function isOfEngine(message: NodeMessage | null): boolean {
  return message?.cmd !== 'NODE_HANDLE' || message.type === 'net.Native' || message.type === 'dgram.Native';
}

function symbolOf(object: object, name: string): unknown {
  const symbol = Object.getOwnPropertySymbols(object).find(({ description }) => description === name);
  return symbol && Reflect.get(object, symbol);
}
