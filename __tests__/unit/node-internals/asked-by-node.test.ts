import { format } from 'node:path';
import { canTellWhoAsks, isAskedByNode, showToProgram } from '../../../src/node-internals/asked-by-node';

/** What code of Node reads as the base of a path. */
function readByNode(object: { base: string }): string {
  return format(object);
}

describe('a property that shows the program something else than Node', () => {
  it('can be had here', () => expect(canTellWhoAsks()).toBe(true));

  it('is one thing to the program and another to Node, also after both have set it', () => {
    const object = { base: 'real' };
    const real = showToProgram(object, 'base', 'shown');
    expect([object.base, readByNode(object), real()]).toEqual(['shown', 'real', 'real']);
    object.base = 'mocked';
    expect([object.base, readByNode(object), real()]).toEqual(['mocked', 'real', 'real']);
  });

  it('leaves the stacks of errors as they were', () => {
    const before = [Error.stackTraceLimit, Error.prepareStackTrace];
    const object = { base: 'real' };
    showToProgram(object, 'base', undefined);
    expect(object.base).toBeUndefined();
    expect([Error.stackTraceLimit, Error.prepareStackTrace]).toEqual(before);
  });

  it('is what it is where no stack can be taken', () => {
    const capture = jest.spyOn(Error, 'captureStackTrace').mockImplementation(() => {
      throw new Error('frozen');
    });
    const getter = (): boolean => isAskedByNode(getter);
    expect(getter()).toBe(true);
    // Of a process that has not tried before.
    jest.isolateModules(() => {
      const fresh = jest.requireActual<typeof import('../../../src/node-internals/asked-by-node')>(
        '../../../src/node-internals/asked-by-node',
      );
      expect(fresh.canTellWhoAsks()).toBe(false);
    });
    capture.mockRestore();
  });
});
