import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { FakeClock } from '../../../src/testing/fake-clock';
import { ChildSocketClient, type GiveUpRequest } from '../../../src/sockets/socket-client';

const REQUEST: GiveUpRequest = {
  seat: 1,
  key: 'old',
  by: 'new',
  socket: { isDatagram: false, address: '127.0.0.1', port: 80 },
  isForced: false,
};

function setUp({ connected = true, exitCode = null as number | null } = {}) {
  const clock = new FakeClock();
  const sent: { message: { id: number } }[] = [];
  const child = Object.assign(new EventEmitter(), {
    connected,
    exitCode,
    signalCode: null,
    send: (message: { message: { id: number } }) => sent.push(message),
  });
  return { clock, sent, child, client: new ChildSocketClient(child as unknown as ChildProcess, clock) };
}

describe(ChildSocketClient, () => {
  it('returns the answer', async () => {
    const { client, sent, clock } = setUp();
    const outcome = client.giveUp(REQUEST);
    client.answered({ type: 'socket_given_up', id: sent[0]!.message.id, outcome: 'nothing' });
    expect(await outcome).toBe('nothing');
    expect(clock.pending).toBe(0);
  });

  it('treats silence as a refusal after a while, because its process may be blocked', async () => {
    const { client, clock } = setUp();
    const outcome = client.giveUp(REQUEST);
    clock.advance(5000);
    expect(await outcome).toBe('refused');
  });

  it.each([true, false])(
    'treats the end of the process as a refusal (its channel is open: %s)',
    async (connected) => {
      const { client, sent, child } = setUp({ connected });
      const outcome = client.giveUp(REQUEST);
      child.emit('exit');
      expect(await outcome).toBe('given');
      expect(sent).toHaveLength(connected ? 1 : 0);
    },
  );

  it('asks nothing of an ended process', async () => {
    const { client, sent } = setUp({ exitCode: 0 });
    expect(await client.giveUp(REQUEST)).toBe('given');
    expect(sent).toEqual([]);
  });
});
