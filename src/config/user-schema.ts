/**
 * A schema for the user's own keys: zod's, or anything with a `parse` that throws or a `safeParse`. Structural, so that
 * any version of zod will do.
 */
export type UserSchema =
  | { readonly parse: (value: unknown) => unknown }
  | { readonly safeParse: (value: unknown) => SafeParseResult };

export type SafeParseResult =
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly error: unknown };

/** One value that a schema refuses. */
export interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export type SchemaResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly SchemaIssue[] };

export function isUserSchema(value: unknown): value is UserSchema {
  return (
    isRecord(value) && (typeof value['safeParse'] === 'function' || typeof value['parse'] === 'function')
  );
}

/** Never throws: an error of a schema becomes an issue. */
export function applySchema(schema: UserSchema, value: unknown): SchemaResult {
  try {
    if (!('safeParse' in schema)) return { ok: true, value: schema.parse(value) };
    const result = schema.safeParse(value);
    return result.success ? { ok: true, value: result.data } : { ok: false, issues: issuesOf(result.error) };
  } catch (error) {
    return { ok: false, issues: issuesOf(error) };
  }
}

function issuesOf(error: unknown): readonly SchemaIssue[] {
  const issues =
    isRecord(error) && Array.isArray(error['issues']) ? (error['issues'] as readonly unknown[]) : [];
  if (issues.length > 0) {
    return issues.map((issue) => ({
      path: isRecord(issue) && Array.isArray(issue['path']) ? (issue['path'] as PropertyKey[]) : [],
      message: isRecord(issue) ? String(issue['message']) : String(issue),
    }));
  }
  return [{ path: [], message: isRecord(error) ? String(error['message']) : String(error) }];
}

/** The top-level keys that the schema names, each with the schemas of its value; empty if it has no object shape. */
export function shapeOf(schema: unknown): ReadonlyMap<string, readonly unknown[]> {
  const shape = new Map<string, unknown[]>();
  collectShape(schema, shape);
  return shape;
}

// Wrappers: optional, default and readonly; transform and preprocess; intersection; zod 3's effects.
const INNER = ['innerType', 'in', 'out', 'left', 'right', 'schema'];

function collectShape(schema: unknown, shape: Map<string, unknown[]>): void {
  if (!isRecord(schema)) return;
  if (isRecord(schema['shape'])) {
    for (const [key, field] of Object.entries(schema['shape']))
      shape.set(key, [...(shape.get(key) ?? []), field]);
    return;
  }
  const definition = schema['def'] ?? schema['_def'];
  if (!isRecord(definition)) return;
  for (const name of INNER) collectShape(definition[name], shape);
}

/** For the schema of a list: the schemas of its items. */
export function itemsOf(schema: unknown): readonly unknown[] {
  if (!isRecord(schema)) return [];
  const definition = schema['def'] ?? schema['_def'];
  if (!isRecord(definition)) return [];
  // zod 4 and zod 3; in zod 4 `type` is a word.
  const item = definition['element'] ?? definition['type'];
  return isRecord(item) ? [item] : INNER.flatMap((name) => itemsOf(definition[name]));
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
