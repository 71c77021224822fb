import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { z } from 'zod';
import { configSchema } from 'serverengine';
import type { KeyForm } from '../../../src/config/key-body';
import { KEY_NAMES, KEY_TABLE, type KeyName } from '../../../src/config/keys';

// Strings and numbers similar to valid values: purely arbitrary ones would all be rejected.
const WORDS = [
  'auto',
  'true',
  'YES',
  'off',
  '0',
  '-1',
  '15s',
  '500 ms',
  '1.5m',
  '-2s',
  ' ',
  '',
  'TERM',
  'sigusr2',
];
const MORE_WORDS = [
  'SIGKILL',
  'PIPE',
  '027',
  '0o777',
  '1000',
  '08',
  'embedded',
  'json',
  'www-data',
  ' padded ',
];
const NUMBERS = [
  -1,
  0,
  -0,
  0.5,
  1,
  2,
  255,
  256,
  511,
  512,
  0.07,
  1e308,
  NaN,
  Infinity,
  2 ** 32 - 2,
  2 ** 32,
  2 ** 53,
];

const value = fc.oneof(
  fc.constantFrom(...WORDS, ...MORE_WORDS),
  fc.constantFrom(...NUMBERS),
  fc.constantFrom(null, true, false, {}, []),
  fc.array(fc.oneof(fc.integer({ min: -1, max: 257 }), fc.constantFrom('3', 1.5, null)), { maxLength: 3 }),
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.anything({ withSparseArray: true, withNullPrototype: true }),
);

describe(configSchema, () => {
  let schema: z.ZodObject;

  beforeAll(async () => {
    schema = await configSchema();
  });

  it.each(KEY_NAMES)('parses %s as the engine does', (key) => {
    const field = schema.shape[key] as z.ZodType;
    fc.assert(
      fc.property(value, (given) => {
        fc.pre(given !== undefined);
        const result = field.safeParse(given);
        const [ours, theirs] = [
          result.success ? { value: result.data } : undefined,
          KEY_TABLE[key].read(given),
        ];
        // Creating an expectation would take most of the time here.
        if (!isDeepStrictEqual(ours, theirs)) expect(ours).toEqual(theirs);
      }),
      { examples: examplesFor(KEY_TABLE[key].form) },
    );
  });

  it('gives every missing key its default', () => {
    const expected = KEY_NAMES.map((key) => [key, defaultOf(key)] as const);
    expect(schema.parse({})).toEqual(Object.fromEntries(expected));
  });

  it('accepts the user’s own keys', () => {
    expect(schema.parse({ port: 80 })).toMatchObject({ port: 80 });
  });

  it('gives a JSON schema of config files: documented, with defaults in the user’s unit', () => {
    const { properties } = z.toJSONSchema(schema, { io: 'input' });
    expect(Object.keys(properties ?? {})).toEqual(KEY_NAMES);
    expect(properties?.['workerHeartbeatTimeout']).toEqual({
      type: ['number', 'string'],
      default: 180,
      description: KEY_TABLE.workerHeartbeatTimeout.doc,
    });
  });

  it('gives a JSON schema of the output', () => {
    const { properties } = z.toJSONSchema(schema);
    expect(properties?.['workerHeartbeatTimeout']).toMatchObject({ type: 'number' });
  });
});

function defaultOf(key: KeyName): unknown {
  const { default: given, read } = KEY_TABLE[key];
  return given === undefined ? undefined : read(given)?.value;
}

function examplesFor(form: KeyForm): [unknown][] {
  const words = form.type === 'words' ? form.words : [];
  return [...words, ...WORDS, ...MORE_WORDS, ...NUMBERS, null, true, false].map((example) => [example]);
}
