import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { answerSocketQueries } from '../../../src/sockets/cluster-parent';
import { ECANCELED } from '../../../src/sockets/held-socket';
import type { SocketUser } from '../../../src/sockets/socket-user';

const EACCES = -13;
const handle = { close: () => {} };

function setUp(user: Partial<SocketUser>) {
  const sent: { message: unknown; handle: unknown }[] = [];
  const child = Object.assign(new EventEmitter(), {
    connected: true,
    send: (message: unknown, given: unknown) => sent.push({ message, handle: given }),
  });
  const whole: SocketUser = {
    open: async () => ({ handle, sockname: { port: 80 } }),
    has: () => false,
    isListening: () => false,
    sharesAll: () => false,
    common: (_key, brought) => brought,
    close: () => {},
    leave: () => {},
    end: () => {},
    ...user,
  };
  answerSocketQueries(child as unknown as ChildProcess, whole, () => {});
  const ask = async (message: object): Promise<void> => {
    child.emit('internalMessage', { cmd: 'NODE_CLUSTER', seq: 7, ...message });
    await new Promise(setImmediate);
  };
  return { child, sent, ask };
}

const QUERY = { act: 'queryServer', address: '127.0.0.1', port: 80, addressType: 4, fd: -1, flags: 0 };

describe(answerSocketQueries, () => {
  it('passes the errno on, from which Node makes the error: EACCES as any other', async () => {
    const { sent, ask } = setUp({ open: async () => EACCES });
    await ask(QUERY);
    expect(sent).toEqual([
      {
        message: { cmd: 'NODE_CLUSTER', ack: 7, errno: EACCES, key: '4|127.0.0.1|80||0|0', data: undefined },
        handle: undefined,
      },
    ]);
  });

  it('lets a listen() after the start of the final stop succeed: Node makes a stand-in', async () => {
    const { sent, ask } = setUp({ open: async () => ECANCELED });
    await ask(QUERY);
    expect(sent).toMatchObject([{ message: { errno: 0, sockname: { port: 80 } }, handle: undefined }]);
    await ask({ ...QUERY, addressType: 'udp4' });
    expect(sent[1]).toMatchObject({ message: { errno: 0 }, handle: expect.anything() as unknown });
    (sent[1]!.handle as { close(): void }).close();
  });

  it('answers with the handle', async () => {
    const { sent, ask } = setUp({});
    await ask({ ...QUERY, data: 'tickets' });
    expect(sent).toMatchObject([
      { message: { ack: 7, errno: 0, sockname: { port: 80 }, data: 'tickets' }, handle },
    ]);
  });

  it('asks for a further socket when the worker already has that one', async () => {
    const indices: number[] = [];
    const { ask } = setUp({
      has: (_query, index) => index < 2,
      open: async (_query, index) => {
        indices.push(index);
        return EACCES;
      },
    });
    await ask(QUERY);
    expect(indices).toEqual([2]);
  });

  it('keeps the flags apart: a socket with reusePort or for IPv6 alone is a different one', async () => {
    const flags: unknown[] = [];
    const { ask } = setUp({
      open: async (query) => {
        flags.push(query.flags);
        return EACCES;
      },
    });
    await ask({ ...QUERY, flags: 2 });
    expect(flags).toEqual([2]);
  });

  it('acknowledges only what a worker waits for', async () => {
    const closed: string[] = [];
    const { sent, ask } = setUp({ close: (key) => void closed.push(key) });
    await ask({ act: 'online' });
    await ask({ act: 'listening', address: '127.0.0.1', port: 80, addressType: 4 });
    await ask({ act: 'close', key: 'a key' });
    expect([sent, closed]).toEqual([[], ['a key']]);
    await ask({ act: 'exitedAfterDisconnect' });
    expect(sent).toMatchObject([{ message: { ack: 7 } }]);
  });

  it('does not answer a worker that is gone', async () => {
    const { child, sent, ask } = setUp({});
    child.connected = false;
    await ask(QUERY);
    expect(sent).toEqual([]);
  });
});
