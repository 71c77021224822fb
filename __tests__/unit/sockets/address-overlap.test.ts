import fc from 'fast-check';
import { boundAddress, overlaps, type BoundAddress } from '../../../src/sockets/address-overlap';

function at(address: string | undefined, more: Partial<BoundAddress> = {}): BoundAddress {
  return { isDatagram: false, address, port: 80, ipv6Only: false, ...more };
}

describe(overlaps, () => {
  it.each<[BoundAddress, BoundAddress, boolean]>([
    [at('127.0.0.1'), at('127.0.0.1'), true],
    [at('127.0.0.1'), at('127.0.0.2'), false],
    [at('127.0.0.1'), at('0.0.0.0'), true],
    [at('127.0.0.1'), at('::'), true],
    [at('127.0.0.1'), at(undefined), true],
    [at('127.0.0.1'), at('::', { ipv6Only: true }), false],
    [at('127.0.0.1'), at('::1'), false],
    [at('127.0.0.1'), at('::ffff:127.0.0.1'), true],
    [at('127.0.0.1'), at('::ffff:7f00:1'), true],
    [at('127.0.0.2'), at('::ffff:127.0.0.1'), false],
    [at('127.0.0.1'), at('::ffff:0.0.0.0'), true],
    [at('0.0.0.0'), at('::'), true],
    [at('0.0.0.0'), at('::', { ipv6Only: true }), false],
    [at('0.0.0.0'), at('::1'), false],
    [at('0.0.0.0'), at(undefined), true],
    [at('::'), at('::', { ipv6Only: true }), true],
    [at('::'), at('::1'), true],
    [at('::', { ipv6Only: true }), at('::1'), true],
    [at('::1'), at('0:0:0:0:0:0:0:1'), true],
    [at('::1'), at('::2'), false],
    [at('fe80::1%eth0'), at('fe80::1'), true],
    [at('fe80::1%eth0'), at('::'), true],
    [at(undefined), at(undefined), true],
    [at('127.0.0.1'), at('0.0.0.0', { port: 81 }), false],
    [at('127.0.0.1'), at('0.0.0.0', { isDatagram: true }), false],
    [at('127.0.0.1', { isDatagram: true }), at('0.0.0.0', { isDatagram: true }), true],
  ])('of %j and %j is %s', (one, other, expected) => {
    expect(overlaps(one, other)).toBe(expected);
    expect(overlaps(other, one)).toBe(expected);
  });

  it('is symmetric, and each address overlaps with itself', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('0.0.0.0', '::', '::1', undefined));
    const place = fc
      .record({ address, ipv6Only: fc.boolean(), isDatagram: fc.boolean() })
      .map(({ address: host, ...more }) => at(host, more));
    fc.assert(
      fc.property(place, place, (one, other) => {
        expect(overlaps(one, one)).toBe(true);
        expect(overlaps(one, other)).toBe(overlaps(other, one));
      }),
    );
  });
});

describe(boundAddress, () => {
  const sockname = { address: '0.0.0.0', port: 8080, family: 'IPv4' };

  it('is the address that the system has made: another port after port 0, IPv4 where there is no IPv6', () => {
    const place = boundAddress({ address: undefined, port: 0, addressType: 4 }, sockname);
    expect(place).toEqual({ isDatagram: false, address: '0.0.0.0', port: 8080, ipv6Only: false });
  });

  it.each([
    [{ address: undefined, port: 53, addressType: 'udp4' as const }, '0.0.0.0', true],
    [{ address: undefined, port: 53, addressType: 'udp6' as const }, '::', true],
    [{ address: undefined, port: 53, addressType: 4 as const }, undefined, false],
  ])('knows what an omitted address means: %j', (query, address, isDatagram) => {
    expect(boundAddress(query)).toEqual({ isDatagram, address, port: 53, ipv6Only: false });
  });

  it('is undefined for a unix socket, and for a descriptor that the engine was given', () => {
    expect(boundAddress({ address: '/run/a', port: -1, addressType: -1 })).toBeUndefined();
    expect(boundAddress({ address: undefined, port: -1, addressType: 4, fd: 3 }, sockname)).toBeUndefined();
  });
});
