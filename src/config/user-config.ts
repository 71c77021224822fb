import { DEFAULT_PLACE, type Resolved } from './cross-checks';
import { environmentName } from './key-names';
import { readBoolean } from './key-readers';
import { isKeyName, KEY_TABLE, type KeyName } from './keys';
import { frozenCopy } from './plain-data';
import { maskRefused } from './mask';
import { CONFIG_PLACE, environmentPlace } from './settings';
import { isSecretName } from './secret-text';
import { show, showKind } from './show';
import { applySchema, isUserSchema, shapeOf, type SchemaIssue, type UserSchema } from './user-schema';

type Values = Readonly<Record<string, unknown>>;

interface UserInput {
  readonly raw: Values;
  readonly env: NodeJS.ProcessEnv;
  readonly schemas: readonly UserSchema[];
  /** The engine keys: a schema that names one sees its value, in the user's unit. */
  readonly engine: ReadonlyMap<KeyName, Resolved>;
}

/** The user's own keys, parsed by their schemas if there are any. What a schema refuses is added to `problems`. */
export function userConfig(input: UserInput, problems: string[]): Values {
  const schemas = [...new Set(input.schemas)].filter((schema) => isSchema(schema, problems));
  if (schemas.length === 0) return frozenCopy(ownKeysOf(input.raw));
  const shapes = schemas.map(shapeOf);
  const outputs = schemas.map((schema, index) => {
    const shape = shapes[index] ?? new Map<string, readonly unknown[]>();
    // A strict schema must not fail because of the keys of the other decorator's schema.
    const named = shape.size === 0 ? [] : shapes.flatMap((other) => [...other.keys()]);
    const foreign = named.filter((key) => !shape.has(key));
    return parseWith(schema, { ...input, raw: without(ownKeysOf(input.raw), foreign) }, shape, problems);
  });
  const [only] = outputs;
  if (outputs.length === 1 && only !== undefined) return frozenCopy(only);
  return frozenCopy(Object.fromEntries(outputs.flatMap((output) => Object.entries(output))));
}

/** The names of top-level keys in the user's schemas. */
export function userKeyNames(schemas: readonly UserSchema[]): ReadonlySet<string> {
  return new Set(schemas.flatMap((schema) => [...shapeOf(schema).keys()]));
}

function isSchema(schema: unknown, problems: string[]): schema is UserSchema {
  if (isUserSchema(schema)) return true;
  problems.push(
    `${CONFIG_PLACE}: the decorator option schema must be a zod schema (or have parse or safeParse), got ${showKind(schema)}.`,
  );
  return false;
}

function parseWith(
  schema: UserSchema,
  input: UserInput,
  shape: ReadonlyMap<string, readonly unknown[]>,
  problems: string[],
): Values {
  const value: Record<string, unknown> = { ...input.raw };
  const places = new Map<string, string>();
  for (const [key, fields] of shape) {
    if (isKeyName(key)) {
      const resolved = input.engine.get(key) ?? { value: KEY_TABLE[key].default, place: DEFAULT_PLACE };
      if (resolved.value !== undefined) value[key] = resolved.value;
      if (resolved.place !== DEFAULT_PLACE) places.set(key, resolved.place);
      continue;
    }
    const text = input.env[environmentName(key)];
    if (!text) continue;
    value[key] = readText(text, fields);
    places.set(key, environmentPlace(key));
  }
  const result = applySchema(schema, value);
  if (!result.ok) {
    problems.push(...result.issues.map((issue) => describeIssue(issue, value, places)));
    return {};
  }
  if (typeof result.value === 'object' && result.value !== null) return result.value as Values;
  problems.push(`${CONFIG_PLACE}: the schema must give an object, got ${showKind(result.value)}.`);
  return {};
}

/**
 * The first interpretation of an environment variable that the schema of the key accepts; the text itself if it accepts
 * none.
 */
function readText(text: string, fields: readonly unknown[]): unknown {
  const takes = (value: unknown): boolean =>
    fields.some((field) => isUserSchema(field) && applySchema(field, value).ok);
  return readings(text).find(takes) ?? text;
}

function readings(text: string): unknown[] {
  const found: unknown[] = [text];
  if (text.trim() !== '' && Number.isFinite(Number(text))) found.push(Number(text));
  const asBoolean = readBoolean(text);
  if (asBoolean) found.push(asBoolean.value);
  try {
    found.push(JSON.parse(text));
  } catch {
    // Not JSON: try the next interpretation.
  }
  return found;
}

function describeIssue(
  { path, message }: SchemaIssue,
  value: Values,
  places: ReadonlyMap<string, string>,
): string {
  const [top] = path;
  if (top === undefined) return `${CONFIG_PLACE}: refused by the schema: ${message}.`;
  const place = places.get(String(top)) ?? CONFIG_PLACE;
  const dotted = path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index ? '.' : ''}${String(step)}`))
    .join('');
  const name = path.find((step) => isSecretName(String(step))) ?? path.at(-1) ?? top;
  const given = path.reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[step] : undefined,
    value,
  );
  return `${place}: ${dotted} is refused by the schema: ${message}, got ${show(maskRefused(String(name), given))}.`;
}

function ownKeysOf(raw: Values): Values {
  return without(raw, Object.keys(raw).filter(isKeyName));
}

function without(values: Values, names: readonly string[]): Values {
  const left = new Set(names);
  return Object.fromEntries(Object.entries(values).filter(([name]) => !left.has(name)));
}
