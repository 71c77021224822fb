import { toQuery } from '../../../src/sockets/cluster-query';

const message = { address: '127.0.0.1', port: 80, addressType: 4, fd: undefined, flags: undefined };

describe(toQuery, () => {
  it.each([
    [
      'listen(port)',
      { address: null, port: 80, addressType: 4 },
      { address: undefined, port: 80, addressType: 4 },
    ],
    [
      'listen({ fd })',
      { address: null, port: null, addressType: null, fd: 3 },
      { port: -1, addressType: 4, fd: 3 },
    ],
    ['bind({ fd })', { address: null, port: null, addressType: 'udp4', fd: 3, flags: null }, { fd: 3 }],
    [
      'bind() without a number',
      { address: '0.0.0.0', addressType: 'udp4', fd: -1 },
      { port: 0, fd: undefined },
    ],
    [
      'a path',
      { address: '/run/x', port: -1, addressType: -1 },
      { address: '/run/x', addressType: -1, mode: 0 },
    ],
    [
      'a path with rights for all',
      { address: '/run/x', port: -1, addressType: -1, readableAll: true, writableAll: true },
      { mode: 0o666 },
    ],
    [
      'an abstract name, of which the child made a path',
      { address: '/srv/\0x', port: -1, addressType: -1 },
      { address: '\0x' },
    ],
  ])('accepts the query of Node at %s', (_what, given, expected) => {
    expect(toQuery(given, undefined)).toMatchObject(expected);
  });

  it('names the asker', () => {
    const asker = { identity: undefined, umask: 0o027 };
    expect(toQuery(message, asker)).toMatchObject({ asker });
  });

  it.each([
    { address: {} },
    { address: 7 },
    { port: 65536 },
    { port: -2 },
    { port: 1.5 },
    { port: {} },
    { port: 'x' },
    { addressType: 'tcp' },
    { addressType: 7 },
    { fd: '3' },
    { fd: 0.5 },
    { flags: 'x' },
    { flags: {} },
  ])('rejects what Node would not ask for: %j', (wrong) => {
    expect(toQuery({ ...message, ...wrong }, undefined)).toBeUndefined();
  });
});
