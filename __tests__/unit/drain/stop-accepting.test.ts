import { once } from 'node:events';
import { createServer } from 'node:http';
import { stopAccepting } from '../../../src/drain/stop-accepting';

describe('stopAccepting', () => {
  it('closes a server that is about to listen only after its owner has seen it listening', async () => {
    const server = createServer();
    const closed = once(server, 'close');
    stopAccepting(server);
    // Frameworks read the address before they report that they listen. NestJS waits forever without one.
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
