import type { ChildProcess } from 'node:child_process';
import { hasMethods, warnUnlessThere, type Internal } from './shape';

export const CHANNEL_READ: Internal = {
  name: "ChildProcess's symbol 'kChannelHandle'",
  kind: 'private',
  expected:
    "the pipe of the channel, with an onread that reads messages and throws at what is none, and a number 'kMessageBufferSize'",
  usedFor:
    'closes the channel of a child that writes something else into it, where Node would end this process, or keep all of it',
  without:
    'A worker whose program writes into descriptor 3 past Node ends the process above by an uncaught exception, or fills its memory.',
};

/** Far more than any message has; what is kept waits for the rest of one. */
const LONGEST_MESSAGE_BYTES = 64 * 1024 * 1024;

const EVENT = 'internalMessage';

export interface ChannelGuard {
  /** What is kept of a message without its end. Default 64 MB. */
  readonly longestBytes?: number;
  /** Sockets of a program of the user may come. Default false: the engine's own alone, and others are closed. */
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
 * Calls back, once, when a child has written into its channel what nobody can go on from: what is no message of Node, one that
 * Node takes for its own and that breaks it, or the beginning of one that never ends. Without it Node throws where nobody can catch it.
 */
export function guardChannel(
  child: ChildProcess,
  onBroken: (error: unknown) => void,
  guard: ChannelGuard = {},
): void {
  // It was not started, or has no channel.
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
    // Else disconnect() waits for the rest of the message.
    pipe.buffering = false;
    onBroken(tooLong(longestBytes));
  };
}

/** What has come of a message without its end: chunks, or text where the channel speaks JSON. */
function keptBytes(pipe: ChannelPipe): number {
  const [size, text] = [symbolOf(pipe, 'kMessageBufferSize'), symbolOf(pipe, 'kJSONBuffer')];
  if (typeof size === 'number') return size;
  return typeof text === 'string' ? text.length : 0;
}

function tooLong(longestBytes: number): Error {
  return new Error(`a message of more than ${longestBytes} bytes was begun; no message is that long`);
}

/** Node hears its own messages (NODE_HANDLE, NODE_HANDLE_ACK) by a listener that trusts them. */
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
        // Without its handle it is refused by Node, and the child is told.
        Reflect.apply(listener, this, [message, isRefused ? undefined : handle]);
      } catch (error) {
        onBroken(error);
      }
    });
  }
}

/** The engine hands over handles as they are. Node makes servers and sockets of others: those would accept connections here. */
function isOfEngine(message: NodeMessage | null): boolean {
  return message?.cmd !== 'NODE_HANDLE' || message.type === 'net.Native' || message.type === 'dgram.Native';
}

function symbolOf(object: object, name: string): unknown {
  const symbol = Object.getOwnPropertySymbols(object).find(({ description }) => description === name);
  return symbol && Reflect.get(object, symbol);
}
