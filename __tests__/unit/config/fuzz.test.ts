import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { isServerEngineError } from '../../../src/common/errors';
import { fromFile } from '../../../src/config/from-file';
import { environmentName } from '../../../src/config/key-names';
import { KEY_NAMES } from '../../../src/config/keys';
import { loadConfig } from '../../../src/config/load';
import { tempDir } from '../../support/temp-dir';
import { unicode } from '../../support/unicode';

const fragment = fc.oneof(
  fc.string(),
  unicode(),
  fc.constantFrom(
    ...[
      'workers',
      ':',
      ': ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '<<: ',
      '!x ',
      '|\n',
      '"',
      "'",
      '? ',
      '\t',
    ],
    ...[
      '---\n',
      '...\n',
      '#',
      '%YAML 1.1\n',
      '1_000',
      '0x',
      '.inf',
      '.nan',
      '2026-01-01',
      '~',
      'null',
      '\0',
      '\uFEFF',
    ],
  ),
  fc.json(),
);
const text = fc
  .array(fc.tuple(fragment, fc.constantFrom('', '\n', '  ', '\n  ')), { maxLength: 12 })
  .map((parts) => parts.flat().join(''));
const bytes = fc.oneof(
  text.map((given) => Buffer.from(given)),
  fc.uint8Array({ maxLength: 300 }),
);

/** The value, or the code of the error. Anything else fails the test. */
async function outcomeOf(act: () => Promise<unknown>): Promise<{ value: unknown } | { code: string }> {
  try {
    return { value: await act() };
  } catch (error) {
    if (!isServerEngineError(error)) throw error;
    expect(error.message.length).toBeLessThan(20_000);
    return { code: error.code };
  }
}

describe('a config file with arbitrary content', () => {
  // The parser warns of unknown tags.
  beforeEach(() => jest.spyOn(process, 'emitWarning').mockImplementation(() => {}));
  afterEach(() => jest.restoreAllMocks());

  it.each(['any.yml', 'any.json'])(
    '%s gives an object of keys, or an error with the reason',
    async (name) => {
      const path = join(tempDir(), name);
      await fc.assert(
        fc.asyncProperty(bytes, async (content) => {
          writeFileSync(path, content);
          // An old file, so that the reader need not wait for its writer.
          utimesSync(path, 0, 0);
          const read = await outcomeOf(() => fromFile(path)());
          if ('code' in read) {
            expect(read.code).toMatch(/^ERR_CONFIG_/);
            return;
          }
          expect(typeof read.value).toBe('object');
          const loaded = await outcomeOf(async () => loadConfig({ raw: read.value, env: {} }));
          if ('code' in loaded) expect(loaded.code).toBe('ERR_CONFIG_INVALID');
        }),
        { numRuns: 200 },
      );
    },
  );

  it('is refused when its aliases expand without end', async () => {
    const path = join(tempDir(), 'laughs.yml');
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 12; i += 1)
      lines.push(
        `a${String(i)}: &a${String(i)} [${Array.from({ length: 10 }, () => `*a${String(i - 1)}`).join(', ')}]`,
      );
    writeFileSync(path, lines.join('\n'));
    expect(await outcomeOf(() => fromFile(path)())).toEqual({ code: 'ERR_CONFIG_UNREADABLE' });
  });
});

describe('an environment with arbitrary content', () => {
  const variables = KEY_NAMES.map(environmentName);

  it('is accepted, or an error names the variable', () => {
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('', '0', '-1', '1e999', 'true', 'auto', '10m', '[1]', 'NaN'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...variables), value, (name, given) => {
        try {
          loadConfig({ raw: {}, env: { [name]: given } });
        } catch (error) {
          if (!isServerEngineError(error)) throw error;
          expect(error.message).toContain(name);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('a key with an arbitrary value', () => {
  it('is accepted, or an error names the key', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...KEY_NAMES),
        fc.anything({ withBigInt: true, withDate: true, withMap: true }),
        (key, given) => {
          try {
            loadConfig({ raw: { [key]: given }, env: {} });
          } catch (error) {
            if (!isServerEngineError(error)) throw error;
            expect(error.message).toContain(key);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
