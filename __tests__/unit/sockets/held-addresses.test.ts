import { heldAddresses } from '../../../src/sockets/held-addresses';
import type { RegistryEntry } from '../../../src/sockets/socket-registry';

type Query = RegistryEntry['query'];

function entry(query: Partial<Query>, sockname = {}): RegistryEntry {
  const held = { handle: { close: () => {} }, sockname };
  return { query: { address: '127.0.0.1', port: 80, addressType: 4, ...query }, index: 0, held };
}

describe(heldAddresses, () => {
  it.each([
    [entry({}), 'tcp 127.0.0.1:80'],
    [entry({ port: 0 }, { address: '127.0.0.1', port: 4711 }), 'tcp 127.0.0.1:4711'],
    [entry({ address: undefined }, { address: '::', port: 80 }), 'tcp [::]:80'],
    [entry({ address: undefined }), 'tcp *:80'],
    [entry({ addressType: 'udp6', address: '::1' }), 'udp [::1]:80'],
    [entry({ addressType: -1, address: '/run/a.sock' }), 'unix /run/a.sock'],
    [entry({ addressType: -1, address: undefined, fd: 7 }), 'unix descriptor 7'],
  ])('lists %j', (one, text) => {
    expect(heldAddresses([one])).toEqual([text]);
  });

  it('lists a socket once that answers two queries', () => {
    const first = entry({ port: 0 }, { address: '127.0.0.1', port: 4711 });
    const second = { ...first, query: { ...first.query, port: 4711 } };
    expect(heldAddresses([first, second])).toEqual(['tcp 127.0.0.1:4711']);
  });
});
