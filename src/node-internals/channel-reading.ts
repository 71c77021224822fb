import type { ChildProcess } from 'node:child_process';
import { hasMethods, warnUnlessThere, type Internal } from './shape';

export const CHANNEL_READ: Internal = {
  name: "ChildProcess's symbol 'kChannelHandle'",
  kind: 'private',
  expected: 'the pipe of the channel, with an onread that reads messages and throws at what is none',
  usedFor:
    'closes the channel of a child that writes something else into it, where Node would end this process',
  without:
    'A worker whose program writes into descriptor 3 past Node ends the process above by an uncaught exception.',
};

interface ChannelPipe {
  onread: (...read: unknown[]) => void;
}

/** Calls back when the child has written what is no message of Node: nothing that comes later can be told apart. */
export function onGarbledChannel(child: ChildProcess, callback: (error: unknown) => void): void {
  // It was not started.
  if (!child.connected) return;
  const pipe = pipeOf(child);
  if (!warnUnlessThere(CHANNEL_READ, hasMethods(pipe, 'onread')) || !pipe) return;
  const read = pipe.onread;
  pipe.onread = function (this: unknown, ...given) {
    try {
      Reflect.apply(read, this, given);
    } catch (error) {
      callback(error);
    }
  };
}

function pipeOf(child: ChildProcess): ChannelPipe | undefined {
  const symbol = Object.getOwnPropertySymbols(child).find(
    ({ description }) => description === 'kChannelHandle',
  );
  return symbol && (Reflect.get(child, symbol) as ChannelPipe | undefined);
}
