import { withOwnPort, withoutExclusive } from '../../../src/child/share-listening';
import { OWN_SOCKET } from '../../../src/sockets/own-socket';

const callback = (): void => {};

describe(withoutExclusive, () => {
  it.each([
    ['a port', [{ port: 80, exclusive: true }], [{ port: 80, exclusive: false }]],
    [
      'a port as text, with a callback',
      [{ port: '80', host: '::', exclusive: true }, callback],
      [{ port: '80', host: '::', exclusive: false }, callback],
    ],
    ['a path', [{ path: '/run/x', exclusive: true }], [{ path: '/run/x', exclusive: false }]],
  ])('shares %s despite exclusive: true', (_what, given, expected) => {
    expect(withoutExclusive(given)).toEqual(expected);
  });

  it.each([
    ['nothing', []],
    ['a port', [80]],
    ['a path', ['/run/x', callback]],
    ['a port that is shared already', [{ port: 80 }]],
    ['port 0, which differs for each', [{ port: 0, exclusive: true }]],
    ['a descriptor of this process', [{ fd: 3, exclusive: true }]],
    ['a listen of the engine itself', [{ path: '/run/x', exclusive: true, [OWN_SOCKET]: true }]],
  ])('leaves %s as it is', (_what, given) => {
    expect(withoutExclusive(given)).toBeUndefined();
  });
});

describe(withOwnPort, () => {
  it.each([
    ['nothing', [], [{ port: 0, exclusive: true }]],
    ['a callback only', [callback], [{ port: 0, exclusive: true }, callback]],
    ['port 0', [0], [{ port: 0, exclusive: true }]],
    [
      'port 0, address and callback',
      [0, '::1', callback],
      [{ port: 0, exclusive: true, address: '::1' }, callback],
    ],
    ['options without a port', [{ address: '::1' }], [{ address: '::1', exclusive: true }]],
    ['options with port 0', [{ port: 0 }, callback], [{ port: 0, exclusive: true }, callback]],
  ])('asks for a separate port for %s', (_what, given, expected) => {
    expect(withOwnPort(given)).toEqual(expected);
  });

  it.each([
    ['a port', [53]],
    ['a port as text', ['53', callback]],
    ['options with a port', [{ port: 53, address: '::1' }]],
    ['an exclusive port, as for multicast', [{ port: 53, exclusive: true }]],
    ['port 0 with exclusive: false', [{ port: 0, exclusive: false }]],
    ['a descriptor', [{ fd: 3 }]],
    ['a handle', [{ recvStart: callback }]],
  ])('does not change %s', (_what, given) => {
    expect(withOwnPort(given)).toEqual(given);
  });
});
