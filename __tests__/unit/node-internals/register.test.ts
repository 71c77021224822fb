import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INTERNALS } from '../../../src/node-internals/register';
import { mustHave, warnUnlessThere, type Internal } from '../../../src/node-internals/shape';
import { PROBES } from '../../support/node-internals';

describe("the register of Node's private APIs", () => {
  it('names each API once, with a probe', () => {
    expect(INTERNALS.map(({ name }) => name).sort()).toEqual(Object.keys(PROBES).sort());
  });

  it.each(INTERNALS.map(({ name }) => name))('%s has the expected shape on this Node', async (name) => {
    await PROBES[name]!();
  });

  it('has every entry that the files of the room declare', () => {
    const room = join(__dirname, '../../../src/node-internals');
    const declared = readdirSync(room).flatMap((file) =>
      [...readFileSync(join(room, file), 'utf8').matchAll(/^ {2}name: ['"]/gm)].map(() => file),
    );
    expect(declared).toHaveLength(INTERNALS.length);
  });
});

describe('an unexpected shape', () => {
  const INTERNAL: Internal = {
    name: 'net._nothing',
    kind: 'private',
    expected: 'a function',
    usedFor: 'this test',
    without: 'The test fails.',
  };
  const text = `Node ${process.versions.node} has another net._nothing than serverengine expects (a function). The test fails.`;

  it('is an error with a code where the engine cannot work without the API', () => {
    expect(() => mustHave(INTERNAL, true)).not.toThrow();
    expect(() => mustHave(INTERNAL, false)).toThrow(
      expect.objectContaining({
        code: 'ERR_NODE_INTERNALS',
        message: expect.stringContaining(text) as string,
      }) as Error,
    );
  });

  it('is one warning where the engine can continue', () => {
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
