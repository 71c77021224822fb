import { Server } from 'node:net';
import { assertCloneable } from '../../../src/config/cloneable';
import { isServerEngineError } from '../../../src/common/errors';

function messageFor(user: Readonly<Record<string, unknown>>): string {
  try {
    assertCloneable(user);
  } catch (error) {
    if (!isServerEngineError(error)) throw error;
    expect([error.name, error.code]).toEqual(['ConfigError', 'ERR_CONFIG_NOT_CLONEABLE']);
    return error.message;
  }
  throw new Error('assertCloneable took what cannot be cloned');
}

describe(assertCloneable, () => {
  it.each([
    [{}],
    [{ port: 1, hosts: ['a'], none: undefined, big: 1n, at: new Date(0), re: /x/, map: new Map([[1, 2]]) }],
    [{ bytes: Buffer.from('x'), error: new Error('x') }],
  ])('accepts %p', (user) => expect(() => assertCloneable(user)).not.toThrow());

  it('accepts a cyclic structure', () => {
    const ring: Record<string, unknown> = {};
    ring['self'] = ring;
    expect(() => assertCloneable({ ring })).not.toThrow();
  });

  it('names the path, the value, and the cure', () => {
    expect(messageFor({ port: 1, db: { pools: [1, { connect: () => 'secret' }] } })).toBe(
      'config: db.pools[1].connect must be plain data, because it is copied into other processes or threads, got [Function: connect]. ' +
        "Make it in the worker from plain config values, or run the worker embedded (workerType 'embedded', supervisor false).",
    );
  });

  it('stops at a class instance, whose contents the user did not write', () => {
    expect(messageFor({ net: { server: new Server(() => {}) } })).toMatch(
      /^config: net\.server must .* got \[Server\]\./,
    );
  });

  it('names the first of several, also in cycles, and symbols', () => {
    const ring: Record<string, unknown> = { ok: 1 };
    ring['self'] = ring;
    ring['bad'] = Symbol('mark');
    expect(messageFor({ ring, other: () => {} })).toMatch(/^config: ring\.bad must .* got Symbol\(mark\)\./);
  });
});
