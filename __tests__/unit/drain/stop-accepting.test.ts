import { once } from 'node:events';
import { createServer } from 'node:http';
import { stopAccepting } from '../../../src/drain/stop-accepting';

describe('stopAccepting', () => {
  it('lets the owner of a server that is about to listen see that it does, then closes it', async () => {
    const server = createServer();
    const closed = once(server, 'close');
    stopAccepting(server);
    // Frameworks ask for the address before they say that they listen. NestJS waits forever if there is none.
    const inCallback = await new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(server.address()));
    });
    const afterwards = server.address();
    expect(inCallback).toMatchObject({ address: '127.0.0.1' });
    expect(afterwards).toEqual(inCallback);
    await closed;
    expect(server.listening).toBe(false);
  });
});
