import { marked, onMarked } from './marked-messages';
import { canTellWhoAsks, showToProgram } from './asked-by-node';

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

type Send = (message: object, handle: undefined, options: undefined, onDone: () => void) => boolean;

let channel: OwnChannel | undefined;

/** The first call hides it from everybody else: the sooner, the fewer have seen it. */
export function ownChannel(): OwnChannel {
  channel ??= takeChannel();
  return channel;
}

function takeChannel(): OwnChannel {
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
    onMessage: (take) => onMarked(process, take),
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
  return canTellWhoAsks() ? showToProgram(process, name, undefined) : () => process[name];
}
