import { ServerEngineError } from '../../../src/common/errors';
import {
  checkRequest,
  decodeLine,
  encodeLine,
  fromReplyError,
  toReplyError,
} from '../../../src/socket-manager/protocol';

describe('a line of the protocol', () => {
  it('is decoded as it was encoded, on one line', () => {
    const message = { text: 'two\nlines, “quoted”', port: 1 };
    const line = encodeLine(message);
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(decodeLine(line)).toEqual(message);
  });

  it.each(['', 'GET / HTTP/1.1', '[1]', 'null', '"text"', '{"token":'])(
    'is rejected when it is no message: %p',
    (line) => {
      expect(decodeLine(line)).toBeUndefined();
    },
  );
});

describe('checkRequest', () => {
  it.each([
    { method: 'listen_tcp', bind: '::', port: 0 },
    { method: 'listen_udp', bind: 'localhost', port: 65535 },
    { method: 'share_socket', index: 0 },
    { method: 'share_manager' },
  ])('accepts %p, and ignores the rest of the message', (request) => {
    expect(checkRequest({ token: 'secret', ...request })).toEqual(request);
  });

  it.each([
    [{}, 'was asked for undefined'],
    [{ method: 'listen_unix' }, "was asked for 'listen_unix'. It knows listen_tcp and listen_udp"],
    [{ method: 'listen_tcp', port: 1 }, 'listen_tcp: bind must be an address or a host name, got undefined'],
    [{ method: 'listen_tcp', bind: '', port: 1 }, "got ''"],
    [{ method: 'listen_udp', bind: '::', port: '80' }, "port must be an integer from 0 to 65535, got '80'"],
    [{ method: 'listen_udp', bind: '::', port: 65536 }, 'got 65536'],
    [{ method: 'listen_udp', bind: '::', port: -1 }, 'got -1'],
    [{ method: 'share_socket', index: 0.5 }, 'index must be an integer >= 0, got 0.5'],
  ])('rejects %p with the reason', (message, why) => {
    expect(() => checkRequest(message)).toThrow(why);
    expect(() => checkRequest(message)).toThrow(ServerEngineError);
  });
});

describe('an error', () => {
  const acrossTheLine = (error: unknown): Error =>
    fromReplyError(decodeLine(encodeLine(toReplyError(error))) as never);

  it('of the system arrives with all its properties', () => {
    const error = Object.assign(new Error('bind EACCES: 0.0.0.0:80'), {
      code: 'EACCES',
      errno: -13,
      syscall: 'bind',
      address: '0.0.0.0',
      port: 80,
    });
    const arrived = acrossTheLine(error);
    expect(arrived).toEqual(error);
    expect(arrived).toMatchObject({
      code: 'EACCES',
      errno: -13,
      syscall: 'bind',
      address: '0.0.0.0',
      port: 80,
    });
  });

  it('of the engine arrives as one of the engine', () => {
    const arrived = acrossTheLine(new ServerEngineError('ERR_SOCKET', 'no'));
    expect(arrived).toBeInstanceOf(ServerEngineError);
    expect(arrived).toMatchObject({ code: 'ERR_SOCKET', message: 'no' });
  });

  it('of another kind arrives too', () => expect(acrossTheLine('just text').message).toBe('just text'));
});
