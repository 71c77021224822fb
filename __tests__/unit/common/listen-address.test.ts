import { formatListenAddress, isLoopback, parseListenAddress } from '../../../src/common/listen-address';

describe(parseListenAddress, () => {
  it.each([
    ['127.0.0.1:9000', '127.0.0.1:9000'],
    ['0.0.0.0:9000', '0.0.0.0:9000'],
    ['localhost:0', 'localhost:0'],
    [':9000', '127.0.0.1:9000'],
    ['9000', '127.0.0.1:9000'],
    [9000, '127.0.0.1:9000'],
    ['[::1]:9000', '[::1]:9000'],
    ['[::]:65535', '[::]:65535'],
    ['/run/app/status.sock', '/run/app/status.sock'],
    ['./status.sock', './status.sock'],
  ])('parses %j as %s', (given, text) => {
    const address = parseListenAddress(given);
    expect(address && formatListenAddress(address)).toBe(text);
    // The normalized spelling parses to the same address.
    expect(parseListenAddress(text)).toEqual(address);
  });

  it.each([
    '',
    'localhost',
    '::1',
    '[::1]',
    '::1:9000',
    'host:',
    'host:65536',
    ':-1',
    'a b:9',
    'host:9x',
    '[host]:9',
    '/a\0b',
    null,
    true,
    1.5,
    -1,
  ])('rejects %j', (given) => expect(parseListenAddress(given)).toBeUndefined());
});

it.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.0.0.1.example', false],
])('%s is loopback: %s', (host, isIt) => expect(isLoopback(host)).toBe(isIt));
