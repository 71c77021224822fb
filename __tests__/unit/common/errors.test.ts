import { runInNewContext } from 'node:vm';
import * as errors from '../../../src/common/errors';

const { ConfigError, ServerEngineError, describeError, isServerEngineError, messageOf } = errors;

describe('ServerEngineError', () => {
  it('has a code, a message, a cause and the name of its class', () => {
    const cause = new Error('below');
    const error = new ConfigError('ERR_CONFIG_INVALID', 'workers must be an integer', { cause });
    expect(error).toBeInstanceOf(ServerEngineError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID', message: 'workers must be an integer', cause });
    expect(error.name).toBe('ConfigError');
    expect(error.stack).toContain('workers must be an integer');
  });

  it('hides its brand from logs and copies', () => {
    expect(Object.keys(new ServerEngineError('ERR_SOCKET', 'x')).sort()).toEqual(['code', 'name']);
  });
});

describe('isServerEngineError', () => {
  it('recognizes an error of another copy of the package', () => {
    let other: typeof errors | undefined;
    jest.isolateModules(() => {
      other = jest.requireActual<typeof errors>('../../../src/common/errors');
    });
    const error = new other!.ConfigError('ERR_CONFIG_INVALID', 'x');
    expect(error).not.toBeInstanceOf(ServerEngineError);
    expect(isServerEngineError(error)).toBe(true);
  });

  it.each([new Error('x'), { code: 'ERR_SOCKET' }, null, undefined, 'ERR_SOCKET', 5])(
    'rejects %p',
    (value) => {
      expect(isServerEngineError(value)).toBe(false);
    },
  );
});

describe('the log text of a thrown value', () => {
  it('is the stack from describeError and the message from messageOf', () => {
    const error = new TypeError('boom');
    expect(describeError(error)).toBe(error.stack);
    expect(messageOf(error)).toBe('boom');
  });

  it('recognizes an error of another realm', () => {
    const error: unknown = runInNewContext("new RangeError('far away')");
    expect(error).not.toBeInstanceOf(Error);
    expect(describeError(error)).toMatch(/^RangeError: far away\n +at /);
    expect(messageOf(error)).toBe('far away');
  });

  it('works without a stack', () => {
    const error = new TypeError('boom');
    delete error.stack;
    expect(describeError(error)).toBe('TypeError: boom');
  });

  it.each([
    ['boom', 'boom'],
    [undefined, 'undefined'],
    [null, 'null'],
    [42, '42'],
    [Symbol('s'), 'Symbol(s)'],
    [{ status: 503 }, '{ status: 503 }'],
    [{ long: 'x'.repeat(100), list: [1, 2] }, `{ long: '${'x'.repeat(100)}', list: [ 1, 2 ] }`],
    [Object.create(null), '[Object: null prototype] {}'],
  ])('shows %p, which is not an error, as text', (value: unknown, text) => {
    expect(describeError(value)).toBe(text);
    expect(messageOf(value)).toBe(text);
  });
});
