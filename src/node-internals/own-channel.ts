import { marked, onMarked } from './marked-messages';
import { canTellWhoAsks, showToProgram, STACK_FILES } from './asked-by-node';
import { hasMethods, warnUnlessThere, type Internal } from './shape';

/** The IPC channel to the process above, which only the engine sees. */
export interface OwnChannel {
  readonly isConnected: boolean;
  /** Never throws: onEnd() reports that the parent is gone. `onDone`: the message has left this process. */
  send(message: object, onDone?: () => void): void;
  /** Sends an unmarked message: for a parent of a version that does not mark its messages. */
  sendPlain(message: object, onDone?: () => void): void;
  onMessage(take: (message: object, handle: unknown) => void): void;
  /** Calls back once; at once if the channel is already closed. */
  onEnd(callback: () => void): void;
  close(): void;
  /** Keeps the event loop alive, or not. */
  ref(): void;
  unref(): void;
}

export const PROCESS_CHANNEL: Internal = {
  name: 'process.send, connected, channel and disconnect',
  kind: 'patch',
  expected: 'properties of process that can be redefined, and that Node reads for its own messages',
  usedFor:
    'keeps the channel to the parent for the engine: a library must not mistake it for the channel of a cluster',
  without:
    'Libraries see that a worker is one of several, and may send their log lines or metrics to nobody.',
};

type Send = (message: object, handle: undefined, options: undefined, onDone: () => void) => boolean;

let channel: OwnChannel | undefined;

/** The first call hides the channel from all other code. Call it early: code that ran before has seen the channel. */
export function ownChannel(): OwnChannel {
  channel ??= takeChannel();
  return channel;
}

function takeChannel(): OwnChannel {
  // If the engine did not start this process, there is no channel.
  if (process.connected)
    warnUnlessThere(PROCESS_CHANNEL, hasMethods(process, 'send') && hasMethods(process.channel, 'unref'));
  const real = {
    send: hidden('send'),
    connected: hidden('connected'),
    channel: hidden('channel'),
    disconnect: hidden('disconnect'),
  };
  const sendPlain = (message: object, onDone = () => {}): void => {
    const send = real.send() as Send | undefined;
    if (real.connected()) send?.call(process, message, undefined, undefined, onDone);
  };
  return {
    get isConnected() {
      return real.connected();
    },
    send: (message, onDone) => sendPlain(marked(message), onDone),
    sendPlain,
    onMessage: (take) =>
      onMarked(process, (message, handle) => {
        // The process above is the engine: whatever its version, nothing else sends here.
        if (typeof message === 'object' && message !== null) take(message, handle);
      }),
    onEnd: (callback) => {
      if (real.connected()) process.once('disconnect', callback);
      else callback();
    },
    close: () => {
      if (real.connected()) real.disconnect().call(process);
    },
    ref: () => real.channel()?.ref(),
    unref: () => real.channel()?.unref(),
  };
}

/** Undefined for everything except Node. */
function hidden<K extends keyof NodeJS.Process>(name: K): () => NodeJS.Process[K] {
  return warnUnlessThere(STACK_FILES, canTellWhoAsks())
    ? showToProgram(process, name, undefined)
    : () => process[name];
}
