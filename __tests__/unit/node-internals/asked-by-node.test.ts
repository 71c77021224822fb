import { format } from 'node:path';
import { canTellWhoAsks, isAskedByNode, showToProgram } from '../../../src/node-internals/asked-by-node';

/** Node's code reads this as the base of a path. */
function readByNode(object: { base: string }): string {
  return format(object);
}

describe('a property with different values for the program and for Node', () => {
  it('is available on this Node', () => expect(canTellWhoAsks()).toBe(true));

  it('has one value for the program and one for Node, also after both have set it', () => {
    const object = { base: 'real' };
    const real = showToProgram(object, 'base', 'shown');
    expect([object.base, readByNode(object), real()]).toEqual(['shown', 'real', 'real']);
    object.base = 'mocked';
    expect([object.base, readByNode(object), real()]).toEqual(['mocked', 'real', 'real']);
  });

  it('does not change the stacks of errors', () => {
    const before = [Error.stackTraceLimit, Error.prepareStackTrace];
    const object = { base: 'real' };
    showToProgram(object, 'base', undefined);
    expect(object.base).toBeUndefined();
    expect([Error.stackTraceLimit, Error.prepareStackTrace]).toEqual(before);
  });

  it('has its plain value where no stack is available', () => {
    const capture = jest.spyOn(Error, 'captureStackTrace').mockImplementation(() => {
      throw new Error('frozen');
    });
    const getter = (): boolean => isAskedByNode(getter);
    expect(getter()).toBe(true);
    // A module state without an earlier attempt.
    jest.isolateModules(() => {
      const fresh = jest.requireActual<typeof import('../../../src/node-internals/asked-by-node')>(
        '../../../src/node-internals/asked-by-node',
      );
      expect(fresh.canTellWhoAsks()).toBe(false);
    });
    capture.mockRestore();
  });
});
