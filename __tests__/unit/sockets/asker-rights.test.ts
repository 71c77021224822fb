import type { SocketQuery } from '../../../src/common/socket-query';
import { refusalFor, type Surroundings } from '../../../src/sockets/asker-rights';

const EACCES = -13;
const PID = 100;

const nobody = { identity: { uid: 65534, gid: 65534, userName: 'nobody', gids: [65534] }, umask: undefined };
const root = { identity: { ...nobody.identity, uid: 0 }, umask: undefined };
const otherGroup = { identity: { ...nobody.identity, uid: undefined }, umask: undefined };

function around(env: NodeJS.ProcessEnv = {}, firstFreePort = 1024): Surroundings {
  return { env, pid: PID, firstFreePort: () => firstFreePort };
}

const port = (number: number, more: Partial<SocketQuery> = {}): SocketQuery => ({
  address: '127.0.0.1',
  port: number,
  addressType: 4,
  asker: nobody,
  ...more,
});
const fd = (number: number): SocketQuery => ({ ...port(-1), address: undefined, fd: number });

// Only root can have workers with fewer rights.
const describeAsRoot = process.geteuid?.() === 0 ? describe : describe.skip;

describeAsRoot(refusalFor, () => {
  it.each([
    ['TCP', port(80)],
    ['UDP', port(53, { addressType: 'udp4' })],
  ])('a worker is refused a %s port that only root may bind', (_what, query) => {
    expect(refusalFor(query, around())).toBe(EACCES);
  });

  it.each([
    ['another port', port(8080), around()],
    ['port 0', port(0), around()],
    ['a low port where the system allows everybody', port(80), around({}, 80)],
    ['a unix socket, on which the system decides', port(-1, { addressType: -1, address: '/x' }), around()],
    ['a low port to the server itself', port(80, { asker: undefined }), around()],
    ['a low port to a worker that is also root', port(80, { asker: root }), around()],
    ['a low port to root with another group', port(80, { asker: otherGroup }), around()],
    ['a descriptor that the service was given', fd(4), around({ LISTEN_FDS: '2', LISTEN_PID: '100' })],
    ['the same without a pid', fd(3), around({ LISTEN_FDS: '1' })],
  ])('a worker is allowed %s', (_what, query, surroundings) => {
    expect(refusalFor(query, surroundings)).toBeUndefined();
  });

  it.each([
    ['of a process that was given none', fd(3), around()],
    ['beyond those that we were given', fd(5), around({ LISTEN_FDS: '2' })],
    ['of the standard streams', fd(2), around({ LISTEN_FDS: '2' })],
    ['that another process was given', fd(3), around({ LISTEN_FDS: '1', LISTEN_PID: '99' })],
    ['of an invalid count', fd(3), around({ LISTEN_FDS: 'all' })],
  ])('a worker is refused a descriptor %s', (_what, query, surroundings) => {
    expect(refusalFor(query, surroundings)).toBe(EACCES);
  });
});
