import { ThreadSockets } from '../../../src/child/thread-sockets';
import { hasReusePort } from '../../../src/sockets/reuse-port';

describe('hasReusePort', () => {
  it.each([
    ['20.20.2', false],
    ['22.11.0', false],
    ['22.12.0', true],
    ['23.0.0', false],
    ['23.1.0', true],
    ['24.21.0', true],
    ['26.10.0', true],
  ])('knows whether Node %s supports reusePort: %s', (version, expected) => {
    expect(hasReusePort(version, 'linux')).toBe(expected);
  });

  it.each(['darwin', 'win32'] as const)('knows that %s does not support it', (platform) => {
    expect(hasReusePort('26.10.0', platform)).toBe(false);
  });
});

describe('ThreadSockets', () => {
  it('rejects a unix socket with an error that names the cure', () => {
    const socket = { protocol: 'unix', address: '/x', port: -1, addressType: -1 } as const;
    expect(() => new ThreadSockets().open({ ...socket, ipv6Only: false, backlog: undefined })).toThrow(
      expect.objectContaining({
        code: 'ERR_SOCKET',
        message: expect.stringContaining("Use process workers: workerType 'process'.") as string,
      }) as Error,
    );
  });
});
