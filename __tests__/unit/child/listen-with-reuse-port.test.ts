import { withOption } from '../../../src/child/listen-with-reuse-port';

const callback = (): void => {};
const handle = { _handle: {} };

describe(withOption, () => {
  it.each([
    ['a port', [80], [{ port: 80, reusePort: true }]],
    ['a port as text', ['80'], [{ port: 80, reusePort: true }]],
    ['port and host', [80, '::1'], [{ port: 80, host: '::1', reusePort: true }]],
    ['port and backlog', [80, 7], [{ port: 80, backlog: 7, reusePort: true }]],
    [
      'port, host, backlog and callback',
      [80, '::1', 7, callback],
      [{ port: 80, host: '::1', backlog: 7, reusePort: true }, callback],
    ],
    [
      'options',
      [{ port: 80, exclusive: true }, callback],
      [{ port: 80, exclusive: true, reusePort: true }, callback],
    ],
  ])('adds reusePort to %s', (_what, given, expected) => {
    expect(withOption(given)).toEqual(expected);
  });

  it.each([
    ['nothing', []],
    ['a callback only', [callback]],
    ['port 0, which would differ in each worker', [0]],
    ['options with port 0', [{ port: 0 }]],
    ['a unix path', ['/tmp/x.sock', callback]],
    ['options with a path', [{ path: '/tmp/x.sock' }]],
    ['a handle', [handle]],
    ['a descriptor', [{ fd: 3 }]],
  ])('leaves %s as it is', (_what, given) => {
    expect(withOption(given)).toEqual(given);
  });
});
