import { z } from 'zod';
import { isAutoscale } from './autoscale-value';
import type { KeyForm } from './key-body';
import {
  ACCOUNT_RANGE,
  countReader,
  durationReader,
  EXIT_CODE_RANGE,
  FALSE_WORDS,
  MASK_RANGE,
  OCTAL,
  octalValue,
  readListenAddress,
  readMemoryLimit,
  readSize,
  readTextOrFalse,
  sizeFromReader,
  TRUE_WORDS,
  usableSignal,
  type Reader,
} from './key-readers';
import { KEY_NAMES, KEY_TABLE, type Key } from './keys';
import { nodeFlagFaults } from './node-flags';
import { readWatch } from './watch-globs';

/**
 * Every engine key as one zod object with descriptions and defaults, for editors and other tools. The engine itself
 * does not use it: loading zod takes as long as the rest of a start.
 */
export function buildConfigSchema(): z.ZodObject {
  return z.looseObject(Object.fromEntries(KEY_NAMES.map((key) => [key, schemaOf(KEY_TABLE[key])])));
}

function schemaOf(key: Key): z.ZodType {
  const schema = typeOf(key.form);
  // Not default(), which would skip the reading: a default is in the user's unit, too.
  const withDefault = key.default === undefined ? schema.optional() : schema.prefault(key.default as never);
  return withDefault.describe(key.doc);
}

function typeOf(form: KeyForm): z.ZodType {
  switch (form.type) {
    case 'duration':
      return readBy(durationReader(form.range), z.union([z.number(), z.string()])).pipe(z.number());
    case 'optional duration': {
      const given = readBy(durationReader('positive'), z.union([z.number(), z.string()])).pipe(z.number());
      return orNone(given, z.number(), { isOptional: true });
    }
    case 'integer':
      return orNone(integerIn(form.range), z.int(), form);
    case 'count':
      return readBy(countReader(form.auto), z.union([integerIn({ min: 1 }), z.literal('auto')])).pipe(
        z.int(),
      );
    case 'ratio':
      return z.number().min(0).max(1);
    case 'autoscale':
      return orNone(autoscaleType().refine(isAutoscale), autoscaleType(), { isOptional: true });
    case 'size':
      return readBy(readSize, z.union([z.number(), z.string()])).pipe(z.int());
    case 'optional size': {
      const given = readBy(sizeFromReader(form.least), z.union([z.number(), z.string()])).pipe(z.int());
      return orNone(given, z.int(), { isOptional: true });
    }
    case 'memory limit': {
      const given = readBy(readMemoryLimit, z.union([z.number(), z.string()])).pipe(z.int());
      return orNone(given, z.int(), { isOptional: true });
    }
    case 'instance':
      // It cannot come from a file: in the JSON schema it is any object.
      return orNone(z.unknown().refine(form.is), z.unknown(), form);
    case 'words':
      return z.enum(form.words);
    case 'exit codes':
      return z.array(integerIn(EXIT_CODE_RANGE)).readonly();
    case 'node flags':
      return orNone(
        z.array(z.string()).refine((words) => nodeFlagFaults(words).length === 0),
        z.array(z.string()),
        { isOptional: true },
      );
    case 'module names':
      return orNone(z.array(z.string().min(1)), z.array(z.string()), { isOptional: true });
    case 'watch': {
      const given = readBy(readWatch, z.union([z.boolean(), z.string(), z.array(z.string())]));
      return orNone(given, z.array(z.string()), { isOptional: true });
    }
    case 'boolean':
      return orNone(booleanType(), z.boolean(), form);
    case 'text':
      return orNone(z.string().min(1), z.string(), form);
    case 'text or false': {
      const given = readBy(readTextOrFalse, z.union([z.string(), z.literal(false)]));
      return orNone(given, z.union([z.string(), z.literal(false)]), form);
    }
    case 'secret':
      return orNone(z.string().min(form.least), z.string(), { isOptional: true });
    case 'listen address': {
      const given = readBy(readListenAddress, z.union([z.string(), z.number()])).pipe(z.string());
      return orNone(given, z.string(), { isOptional: true });
    }
    case 'account': {
      const number = integerIn(ACCOUNT_RANGE).transform(String);
      return orNone(z.union([z.string().trim().min(1), number.pipe(z.string())]), z.string(), form);
    }
    case 'mask': {
      const octal = z.string().regex(OCTAL).transform(octalValue);
      return orNone(z.union([z.number(), octal]).pipe(integerIn(MASK_RANGE)), z.number(), form);
    }
    case 'signal':
      return orNone(readBy(takenSignal, z.string()).pipe(z.string()), z.string(), form);
  }
}

function autoscaleType(): z.ZodType {
  const count = z.int().min(1);
  return z.strictObject({ min: count, max: count, target: z.number().gt(0).lt(1) });
}

function integerIn({ min, max }: { readonly min: number; readonly max?: number }): z.ZodInt {
  const schema = z.int().min(min);
  return max === undefined ? schema : schema.max(max);
}

function booleanType(): z.ZodType {
  return z.union([z.boolean(), z.stringbool({ truthy: [...TRUE_WORDS], falsy: [...FALSE_WORDS] })]);
}

const takenSignal: Reader<string> = (given) => {
  const name = usableSignal(String(given));
  return name === undefined ? undefined : { value: name };
};

/** A value without an equivalent in zod is read as the engine reads it. */
function readBy<Input, Value>(read: Reader<Value>, schema: z.ZodType<Input>) {
  return schema.transform((given, context) => {
    const taken = read(given);
    if (taken) return taken.value;
    context.addIssue('is not allowed');
    return z.NEVER;
  });
}

/** null means no value. */
function orNone(schema: z.ZodType, output: z.ZodType, form: { readonly isOptional: boolean }): z.ZodType {
  if (!form.isOptional) return schema;
  // With the type of the output, because the JSON schema of a transform alone cannot have it.
  return schema
    .nullable()
    .transform((value): unknown => value ?? undefined)
    .pipe(output.optional());
}
