import net from 'node:net';
import { AskedSockets } from '../../../src/child/asked-sockets';

const state = { isMissing: true };

jest.mock('../../../src/child/moved-sockets', () => {
  if (state.isMissing) throw new Error('Cannot find module');
  return jest.requireActual<object>('../../../src/child/moved-sockets');
});

const MESSAGE = {
  type: 'socket_give_up' as const,
  id: 1,
  seat: 1,
  key: 'a',
  by: 'b',
  socket: { isDatagram: false, address: '127.0.0.1', port: 1 },
  isForced: false,
};

describe(AskedSockets, () => {
  it('works without the file that moves sockets while it is missing, and tries it again later', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const sockets = new AskedSockets();
    expect([await sockets.has(MESSAGE), await sockets.giveUp(MESSAGE)]).toEqual([false, 'nothing']);
    sockets.note(net.createServer(), {});
    expect([await sockets.has(MESSAGE), await sockets.giveUp(MESSAGE)]).toEqual([true, 'refused']);
    expect(warn).toHaveBeenCalledWith(
      'a socket of this process cannot move to another address: Cannot find module',
    );
    state.isMissing = false;
    expect([await sockets.has(MESSAGE), await sockets.giveUp(MESSAGE)]).toEqual([false, 'nothing']);
    warn.mockRestore();
  });
});
