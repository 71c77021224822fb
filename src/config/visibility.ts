import { isKeyName } from './keys';
import { isSecretName } from './secret-text';
import { isRecord, shapeOf, type UserSchema } from './user-schema';

/**
 * Which of the user's own values may be written to logs and dumps. Strings only if the schema allows it, because no
 * list of names covers all secrets. Plain data: workers get it with their configuration.
 */
export type Visibility =
  /** For a string, and all strings in it. */
  | boolean
  /** Only these words: the schema lists them, so they are no secret. */
  | { readonly words: readonly string[] }
  /** By the keys of an object; `rest`: for other keys, and the items of a list. */
  | { readonly fields: Readonly<Record<string, Visibility>>; readonly rest: Visibility };

// More nested schemas than anybody writes, or a schema that contains itself.
const DEEPEST = 8;

/** From the marks `.meta({ public: true })` of zod schemas. Without a schema nothing is public. */
export function visibilityOf(schemas: readonly UserSchema[]): Visibility {
  const fields = new Map<string, Visibility>();
  for (const schema of schemas) {
    const isPublic = markOf(schema) ?? false;
    for (const [name, alternatives] of shapeOf(schema)) {
      // The engine checks the values: none is a secret, except the one whose name says so.
      const isPlainKey = isKeyName(name) && !isSecretName(name);
      const seen = isPlainKey || either(alternatives.map((field) => fieldOf(name, field, isPublic, 1)));
      fields.set(name, either([...[fields.get(name)].filter((one) => one !== undefined), seen]));
    }
  }
  return { fields: Object.fromEntries(fields), rest: false };
}

/** Inside a public value a name may still suggest a secret, unless it is marked itself. */
function fieldOf(name: string, schema: unknown, isInherited: boolean, depth: number): Visibility {
  return visibility(schema, isInherited && !isSecretName(name), depth);
}

function visibility(schema: unknown, isInherited: boolean, depth: number): Visibility {
  const isPublic = markOf(schema) ?? isInherited;
  if (!isRecord(schema) || depth > DEEPEST) return isPublic;
  const inner = (part: unknown): Visibility => visibility(part, isPublic, depth + 1);
  if (isRecord(schema['shape'])) {
    const fields = Object.entries(schema['shape']).map(
      ([name, field]) => [name, fieldOf(name, field, isPublic, depth + 1)] as const,
    );
    return { fields: Object.fromEntries(fields), rest: isPublic };
  }
  const definition = schema['def'] ?? schema['_def'];
  if (!isRecord(definition)) return isPublic;
  const words = wordsOf(definition);
  if (words.length > 0 && !isPublic) return { words };
  const { innerType, out, left, right, element, valueType, items, options } = definition;
  if (innerType !== undefined) return inner(innerType);
  // The config holds the output of a pipe; a function says nothing about its result.
  if (out !== undefined) return inner(out);
  if (left !== undefined) return both(inner(left), inner(right));
  const item = element ?? valueType;
  if (item !== undefined) return { fields: {}, rest: inner(item) };
  if (Array.isArray(items)) return { fields: {}, rest: either(items.map(inner)) };
  return Array.isArray(options) ? either(options.map(inner)) : isPublic;
}

/** The mark that zod's meta() sets; also for a schema without methods (zod/mini). */
function markOf(schema: unknown): boolean | undefined {
  if (!isRecord(schema)) return undefined;
  try {
    const meta: unknown =
      typeof schema['meta'] === 'function' ? (schema as { meta(): unknown }).meta() : registered(schema);
    return isRecord(meta) && typeof meta['public'] === 'boolean' ? meta['public'] : undefined;
  } catch {
    // A library that uses the name for something else.
    return undefined;
  }
}

function registered(schema: object): unknown {
  const { __zod_globalRegistry: registry } = globalThis as {
    __zod_globalRegistry?: { get(schema: object): unknown };
  };
  return registry?.get(schema);
}

/** The words that an enum or a literal allows. */
function wordsOf({ entries, values, value }: Readonly<Record<string, unknown>>): readonly string[] {
  const all = [entries, values, value].flatMap((one): readonly unknown[] =>
    Array.isArray(one) ? one : isRecord(one) ? Object.values(one) : [one],
  );
  return all.filter((word) => typeof word === 'string');
}

/** A value that fits one of several schemas is public if all of them say so. */
function either(all: readonly Visibility[]): Visibility {
  const [first = false, ...others] = all;
  return others.reduce(both, first);
}

function both(one: Visibility, other: Visibility): Visibility {
  if (typeof one === 'boolean' && typeof other === 'boolean') return one && other;
  if (one === true) return other;
  if (other === true) return one;
  if (one === false || other === false) return one || other;
  if ('words' in one && 'words' in other) return { words: [...one.words, ...other.words] };
  if ('words' in one || 'words' in other) return false;
  const names = new Set([...Object.keys(one.fields), ...Object.keys(other.fields)]);
  const fields = [...names].map(
    (name) => [name, both(one.fields[name] ?? true, other.fields[name] ?? true)] as const,
  );
  return { fields: Object.fromEntries(fields), rest: both(one.rest, other.rest) };
}
