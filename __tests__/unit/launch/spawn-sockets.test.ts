import net from 'node:net';
import { once } from 'node:events';
import type { SpawnWorkerOptions } from '../../../src/contract/spawn';
import { withSockets } from '../../../src/launch/spawn-sockets';
import { reapAfterEach } from '../../support/reaping';

async function listening(): Promise<net.Server & { readonly fd: number }> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  reapAfterEach(() => void server.close());
  return Object.assign(server, { fd: (server as unknown as { _handle: { fd: number } })._handle.fd });
}

function called(options: SpawnWorkerOptions) {
  return withSockets('MyWorker.spawn', { command: 'program', args: [], options });
}

describe('withSockets', () => {
  it('keeps a call without sockets', () => {
    const call = { command: 'program', args: [], options: { cwd: '/' } };
    expect(withSockets('MyWorker.spawn', call)).toBe(call);
  });

  it('passes them as the descriptors from 3 on, with their number', async () => {
    const [first, second] = [await listening(), await listening()];
    const { options } = called({
      sockets: [first, second],
      cwd: '/',
      env: { NAME: 'kept', LISTEN_PID: '1' },
    });
    expect(options).toEqual({
      cwd: '/',
      env: { NAME: 'kept', LISTEN_FDS: '2', LISTEN_PID: undefined, LISTEN_FDNAMES: undefined },
      stdio: [undefined, undefined, undefined, first.fd, second.fd],
    });
  });

  it('keeps the standard streams that the options name', async () => {
    const socket = await listening();
    expect(called({ sockets: [socket], stdio: 'inherit' }).options.stdio).toEqual([
      'inherit',
      'inherit',
      'inherit',
      socket.fd,
    ]);
    expect(called({ sockets: [socket], stdio: ['pipe'] }).options.stdio).toEqual([
      'pipe',
      undefined,
      undefined,
      socket.fd,
    ]);
  });

  it("passes on the server's environment", async () => {
    expect(called({ sockets: [await listening()] }).options.env).toMatchObject({ PATH: process.env['PATH'] });
  });

  it.each([
    [{ sockets: 'all' }, "sockets must be a list, got 'all'"],
    [{ sockets: [net.createServer()] }, 'sockets[0] is not open, got Server'],
    [{ sockets: [7] }, 'sockets[0] is not open, got 7'],
    [{ sockets: [], stdio: ['pipe', 'pipe', 'pipe', 'ipc'] }, 'but stdio has 4 entries'],
  ])('rejects %p with the reason', (options, why) => {
    expect(() => called(options as SpawnWorkerOptions)).toThrow(why);
  });
});
