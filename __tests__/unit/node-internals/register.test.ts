import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INTERNALS } from '../../../src/node-internals/register';
import { mustHave, warnUnlessThere, type Internal } from '../../../src/node-internals/shape';
import { PROBES } from '../../support/node-internals';

describe('the register of what is used of Node without its promise', () => {
  it('names each thing once, and each has a probe', () => {
    expect(INTERNALS.map(({ name }) => name).sort()).toEqual(Object.keys(PROBES).sort());
  });

  it.each(INTERNALS.map(({ name }) => name))('%s is what is expected, on this Node', async (name) => {
    await PROBES[name]!();
  });

  it('holds every entry that the files of the room declare', () => {
    const room = join(__dirname, '../../../src/node-internals');
    const declared = readdirSync(room).flatMap((file) =>
      [...readFileSync(join(room, file), 'utf8').matchAll(/^ {2}name: ['"]/gm)].map(() => file),
    );
    expect(declared).toHaveLength(INTERNALS.length);
  });
});

describe('what is not as expected', () => {
  const INTERNAL: Internal = {
    name: 'net._nothing',
    kind: 'private',
    expected: 'a function',
    usedFor: 'this test',
    without: 'The test fails.',
  };
  const text = `Node ${process.versions.node} has another net._nothing than serverengine expects (a function). The test fails.`;

  it('is an error with a code where nothing goes without it', () => {
    expect(() => mustHave(INTERNAL, true)).not.toThrow();
    expect(() => mustHave(INTERNAL, false)).toThrow(
      expect.objectContaining({
        code: 'ERR_NODE_INTERNALS',
        message: expect.stringContaining(text) as string,
      }) as Error,
    );
  });

  it('is a warning, once, where one can go on', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    expect(warnUnlessThere(INTERNAL, true)).toBe(true);
    expect(warnUnlessThere(INTERNAL, false)).toBe(false);
    expect(warnUnlessThere(INTERNAL, false)).toBe(false);
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining(text), { code: 'SERVERENGINE_NODE_INTERNALS' }],
    ]);
    warn.mockRestore();
  });
});
