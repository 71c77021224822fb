import { createContext, runInContext } from 'node:vm';
import type * as Errors from '../../../src/common/errors';
import { ConfigError, isServerEngineError, ServerEngineError } from '../../../src/common/errors';

/** As a second copy of the package in a bundle or in another node_modules has it. */
function anotherCopy(): typeof Errors {
  let copy: typeof Errors | undefined;
  jest.isolateModules(() => {
    copy = jest.requireActual<typeof Errors>('../../../src/common/errors');
  });
  return copy!;
}

describe(isServerEngineError, () => {
  it('recognises both classes', () => {
    const errors = [new ServerEngineError('ERR_SPAWN', 'no'), new ConfigError('ERR_INJECTION', 'no')];
    expect(errors.map(isServerEngineError)).toEqual([true, true]);
  });

  it('recognises those of another copy of the package, where instanceof does not', () => {
    const foreign = new (anotherCopy().ConfigError)('ERR_CONFIG_INVALID', 'workers: no');
    expect(foreign).not.toBeInstanceOf(ServerEngineError);
    expect(isServerEngineError(foreign)).toBe(true);
    expect(anotherCopy().isServerEngineError(new ConfigError('ERR_CONFIG_INVALID', 'no'))).toBe(true);
  });

  it('gives the code its type', () => {
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
  ])('%s is none', (_name, value) => {
    expect(isServerEngineError(value)).toBe(false);
  });
});
