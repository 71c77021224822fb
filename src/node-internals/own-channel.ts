import { marked, onMarked } from './marked-messages';
import { canTellWhoAsks, showToProgram, STACK_FILES } from './asked-by-node';
import { hasMethods, warnUnlessThere, type Internal } from './shape';

/** The IPC channel to the process above, which only the engine sees. */
export interface OwnChannel {
  readonly isConnected: boolean;
  /** A parent that is gone is noticed by its end; a send that fails for it must not throw. `onDone`: it has left us. */
  send(message: object, onDone?: () => void): void;
  /** As anybody's message: for a parent that may be of a version that marks nothing. */
  sendPlain(message: object, onDone?: () => void): void;
  onMessage(take: (message: object, handle: unknown) => void): void;
  /** Once; at once when it is closed. */
  onEnd(callback: () => void): void;
  close(): void;
  /** Whether it holds the event loop open. */
  ref(): void;
  unref(): void;
}

export const PROCESS_CHANNEL: Internal = {
  name: 'process.send, connected, channel and disconnect',
  kind: 'patch',
  expected: 'properties of process that can be defined again, and that Node reads for its own messages',
  usedFor: 'keeps the channel to the parent for the engine: a library must not take it for that of a cluster',
  without:
    'Libraries see that a worker is one of several, and may send their log lines or metrics to nobody.',
};

type Send = (message: object, handle: undefined, options: undefined, onDone: () => void) => boolean;

let channel: OwnChannel | undefined;

/** The first call hides it from everybody else: the sooner, the fewer have seen it. */
export function ownChannel(): OwnChannel {
  channel ??= takeChannel();
  return channel;
}

function takeChannel(): OwnChannel {
  // There is none if the engine did not start this process.
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
        // The process above is the engine: nothing else comes from it, whatever its version.
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

/** Undefined for everybody but Node. */
function hidden<K extends keyof NodeJS.Process>(name: K): () => NodeJS.Process[K] {
  return warnUnlessThere(STACK_FILES, canTellWhoAsks())
    ? showToProgram(process, name, undefined)
    : () => process[name];
}
