import fc from 'fast-check';
import { passedSocket, unaskedNames } from '../../../src/sockets/passed-sockets';
import type { RegistryEntry } from '../../../src/sockets/socket-registry';
import { listenFds } from '../../../src/systemd/listen-fds';
import { notifyEnvironment } from '../../../src/systemd/notify-environment';
import { findSocket } from '../../../src/systemd/proc-sockets';
import { queriesFor } from '../../../src/systemd/socket-questions';

describe('LISTEN_FDS', () => {
  it('gives the descriptors from 3 on, with their names', () => {
    const env = { LISTEN_FDS: '3', LISTEN_PID: '7', LISTEN_FDNAMES: 'http:admin' };
    expect(listenFds(env, 7)).toEqual([
      { fd: 3, name: 'http' },
      { fd: 4, name: 'admin' },
      { fd: 5, name: 'unknown' },
    ]);
  });

  it.each([{}, { LISTEN_FDS: '1' }, { LISTEN_FDS: '1', LISTEN_PID: '8' }])(
    'is ignored when it is for nobody, or for another process: %j',
    (env) => {
      expect(listenFds(env, 7)).toEqual([]);
    },
  );

  it.each(['', 'x', '-1', '1.5', '99999'])('rejects %j', (count) => {
    const read = (): unknown => listenFds({ LISTEN_FDS: count, LISTEN_PID: '7' }, 7);
    if (count === '') expect(read()).toEqual([]);
    else expect(read).toThrow(`got ${JSON.stringify(count)}`);
  });
});

describe('the watchdog in the environment', () => {
  const env = { NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '3000000', WATCHDOG_PID: '7' };
  it.each([
    [{}, 7, false, undefined],
    [env, 7, false, { watchdogMs: 3000 }],
    [env, 8, false, { watchdogMs: undefined }],
    // The main process is a different one since an upgrade.
    [env, 8, true, { watchdogMs: 3000 }],
    [{ ...env, WATCHDOG_USEC: 'x' }, 7, false, { watchdogMs: undefined }],
  ])('%j for %d (successor: %s)', (given, pid, isSuccessor, expected) => {
    expect(notifyEnvironment(given, pid, isSuccessor)).toEqual(expected);
  });
});

const ADDRESSES = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 112 1 0 20 4 30 10 -1
`;
const UNIX = `Num       RefCount Protocol Flags    Type St Inode Path
0000: 00000002 00000000 00010000 0001 01 221 /run/my server.sock
0000: 00000002 00000000 00010000 0001 01 222 @abstract
0000: 00000002 00000000 00000000 0002 01 223 /run/datagrams
0000: 00000003 00000000 00000000 0001 03 224
`;
const EMPTY = { tcp: '', tcp6: '', udp: '', udp6: '', unix: '' };

describe("the kernel's lists of sockets", () => {
  const tables = { ...EMPTY, tcp: ADDRESSES, udp6: ADDRESSES.replaceAll(' 11', ' 33'), unix: UNIX };
  it.each([
    ['111', { kind: 'tcp' }],
    ['112', { kind: 'unusable', what: 'a TCP connection, as with Accept=yes' }],
    ['331', { kind: 'udp6' }],
    ['221', { kind: 'unix', path: '/run/my server.sock' }],
    ['222', { kind: 'unix', path: '\0abstract' }],
    ['223', { kind: 'unusable', what: 'a unix socket that is not a stream' }],
    ['224', { kind: 'unusable', what: 'a unix connection, as with Accept=yes' }],
    ['999', undefined],
  ])('%s is %j', (inode, socket) => {
    expect(findSocket(inode, tables)).toEqual(socket);
  });

  it('parses any text as a list', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (tcp, unix) => {
        findSocket('1', { ...EMPTY, tcp, unix });
      }),
    );
  });
});

describe('the queries that a passed socket answers', () => {
  const shown = (kind: 'tcp' | 'udp4' | 'udp6', address: string): string[] =>
    queriesFor(kind, { address, port: 80 }).map((query) => `${query.addressType}|${query.address ?? '*'}`);
  it.each([
    ['tcp', '::', ['6|::', '4|*', '4|0.0.0.0']],
    ['tcp', '0.0.0.0', ['4|0.0.0.0', '4|*']],
    ['tcp', '127.0.0.1', ['4|127.0.0.1']],
    ['tcp', '::1', ['6|::1']],
    ['udp4', '0.0.0.0', ['udp4|0.0.0.0', 'udp4|*']],
  ] as const)('%s on %s', (kind, address, questions) => {
    expect(shown(kind, address)).toEqual(questions);
  });
});

describe('a socket that was passed by name', () => {
  const held = { handle: {} as never, sockname: {}, origin: { name: 'http' } };
  const own = { handle: {} as never, sockname: {} };
  const entries: RegistryEntry[] = [
    { query: { address: undefined, port: 1, addressType: 4 }, index: 0, held: own },
    { query: { address: '::', port: 80, addressType: 6 }, index: 0, held },
    { query: { address: undefined, port: 80, addressType: 4 }, index: 0, held: { ...held } },
  ];

  it('is found by its name and kind', () => {
    expect(passedSocket(entries, 'http', 4)?.held).toBe(held);
    expect(passedSocket(entries, 'http', 'udp4')).toBeUndefined();
    expect(passedSocket(entries, 'other', 4)).toBeUndefined();
  });

  it('is used when it is requested by any of its addresses', () => {
    expect(unaskedNames(entries, () => false)).toEqual(['http']);
    expect(unaskedNames(entries, (one) => one === held)).toEqual([]);
  });
});
