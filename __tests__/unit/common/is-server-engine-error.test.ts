import { createContext, runInContext } from 'node:vm';
import type * as Errors from '../../../src/common/errors';
import { ConfigError, isServerEngineError, ServerEngineError } from '../../../src/common/errors';

/** A second copy of the package, as in a bundle or in another node_modules. */
function anotherCopy(): typeof Errors {
  let copy: typeof Errors | undefined;
  jest.isolateModules(() => {
    copy = jest.requireActual<typeof Errors>('../../../src/common/errors');
  });
  return copy!;
}

describe(isServerEngineError, () => {
  it('recognizes both classes', () => {
    const errors = [new ServerEngineError('ERR_SPAWN', 'no'), new ConfigError('ERR_INJECTION', 'no')];
    expect(errors.map(isServerEngineError)).toEqual([true, true]);
  });

  it('recognizes errors of another copy of the package, where instanceof fails', () => {
    const foreign = new (anotherCopy().ConfigError)('ERR_CONFIG_INVALID', 'workers: no');
    expect(foreign).not.toBeInstanceOf(ServerEngineError);
    expect(isServerEngineError(foreign)).toBe(true);
    expect(anotherCopy().isServerEngineError(new ConfigError('ERR_CONFIG_INVALID', 'no'))).toBe(true);
  });

  it('narrows the type of the code', () => {
    const error: unknown = new ConfigError('ERR_CONFIG_INVALID', 'workers: no');
    const code: Errors.ErrorCode | undefined = isServerEngineError(error) ? error.code : undefined;
    expect(code).toBe('ERR_CONFIG_INVALID');
  });

  it.each([
    ['an error of Node', Object.assign(new Error('taken'), { code: 'EADDRINUSE' })],
    ['an error with a code like ours', Object.assign(new Error('no'), { code: 'ERR_CONFIG_INVALID' })],
    ['an error of another realm', runInContext('new Error("no")', createContext()) as unknown],
    ['undefined', undefined],
    ['null', null],
    ['a text', 'ERR_CONFIG_INVALID'],
    ['a function', () => {}],
  ])('rejects %s', (_name, value) => {
    expect(isServerEngineError(value)).toBe(false);
  });
});
