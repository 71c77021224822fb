import net from 'node:net';
import type { RawHandle } from '../common/raw-handle';
import { hasMethods, mustHave, type Internal } from './shape';

type CreateServerHandle = (
  address: string | null,
  port: number,
  addressType: number,
  fd?: number,
  flags?: number,
) => RawHandle | number;

export const CREATE_SERVER_HANDLE: Internal = {
  name: 'net._createServerHandle',
  kind: 'private',
  expected: 'a function that returns a bound handle, or a negative errno',
  usedFor: 'holds listening sockets for the workers, without listening on them',
  without: 'Sockets cannot be shared.',
};

/** A bound socket that does not listen yet, or a negative errno. @throws ServerEngineError */
export const createServerHandle: CreateServerHandle = (...args) => {
  const { _createServerHandle: create } = net as unknown as { _createServerHandle?: CreateServerHandle };
  mustHave(CREATE_SERVER_HANDLE, hasMethods(net, '_createServerHandle'));
  return (create as CreateServerHandle)(...args);
};
