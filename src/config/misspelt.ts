import { optionsOf } from './key-names';
import { isKeyName, KEY_NAMES } from './keys';
import { fold, NearestName } from './nearest';
import { isPlainObject } from './plain-data';
import { CONFIG_PLACE } from './settings';
import { itemsOf, shapeOf, type UserSchema } from './user-schema';

type Values = Readonly<Record<string, unknown>>;
type Shape = ReadonlyMap<string, readonly unknown[]>;

// With the wrong file there would be hundreds, and nobody reads more than this.
const MOST_WARNINGS = 10;
// A shorter option, such as `type`, is one letter away from too many words.
const LEAST_NEAR_OPTION = 8;

/** A sentence for each key that looks like another one, of the engine or of the user's schema. */
export function warningsOfMisspelt(raw: Values, schemas: readonly UserSchema[]): readonly string[] {
  const shape = merged(schemas.map(shapeOf));
  const warnings: string[] = [];
  let known: KnownNames | undefined;
  for (const name of Object.keys(raw)) {
    if (isKeyName(name) || shape.has(name)) continue;
    known ??= new KnownNames(raw, shape);
    const warning = known.warningFor(name);
    if (warning !== undefined) warnings.push(`${CONFIG_PLACE}: ${warning}`);
  }
  for (const [name, fields] of shape) warnings.push(...warningsBelow(name, raw[name], fields));
  const left = warnings.length - MOST_WARNINGS;
  return left > 0
    ? [...warnings.slice(0, MOST_WARNINGS), `${CONFIG_PLACE}: ${left} more keys look misspelt.`]
    : warnings;
}

/** Suggests the name that a name at the top of the config may have meant. */
class KnownNames {
  /** By the folded name, which is the same for every spelling. */
  readonly #options: ReadonlyMap<string, { readonly option: string; readonly key: string }>;
  readonly #nearOptions: NearestName;
  readonly #ofEngine = new NearestName(KEY_NAMES);
  readonly #ofSchema: NearestName;

  constructor(raw: Values, shape: Shape) {
    const options = [...optionsOf('worker')].filter(([option, key]) => option !== key && !isKeyName(option));
    this.#options = new Map(options.map(([option, key]) => [fold(option), { option, key }]));
    this.#nearOptions = new NearestName(
      options.map(([option]) => option).filter(({ length }) => length >= LEAST_NEAR_OPTION),
    );
    this.#ofSchema = new NearestName(missing(raw, shape));
  }

  warningFor(name: string): string | undefined {
    const ofSchema = this.#ofSchema.of(name);
    if (ofSchema !== undefined) return `${name} is not a key of your schema. Did you mean ${ofSchema}?`;
    const meant = this.#ofEngine.of(name);
    if (meant !== undefined) {
      return `${name} is not an engine key and is taken as your own. Did you mean ${meant}? If not, name ${name} in your schema.`;
    }
    const spelled =
      this.#options.get(fold(name)) ?? this.#options.get(fold(this.#nearOptions.of(name) ?? ''));
    return (
      spelled &&
      `${name} is taken as your own: ${spelled.option} is how @worker spells ${spelled.key}. ` +
        `Write ${spelled.key} here, or name ${name} in your schema.`
    );
  }
}

function warningsBelow(path: string, value: unknown, fields: readonly unknown[]): readonly string[] {
  if (Array.isArray(value)) {
    const items = fields.flatMap(itemsOf);
    return items.length === 0
      ? []
      : value.flatMap((item, index) => warningsBelow(`${path}[${index}]`, item, items));
  }
  const shape = merged(fields.map(shapeOf));
  if (shape.size === 0 || !isPlainObject(value)) return [];
  const nearest = new NearestName(missing(value, shape));
  return Object.keys(value).flatMap((name) => {
    const own = shape.get(name);
    if (own) return warningsBelow(`${path}.${name}`, value[name], own);
    const meant = nearest.of(name);
    return meant === undefined
      ? []
      : [`${CONFIG_PLACE}: ${path}.${name} is not a key of your schema. Did you mean ${meant}?`];
  });
}

/** A name that is present already is not meant by another one. */
function missing(values: Values, shape: Shape): readonly string[] {
  return [...shape.keys()].filter((name) => !Object.hasOwn(values, name));
}

function merged(shapes: readonly Shape[]): Shape {
  const all = new Map<string, readonly unknown[]>();
  for (const shape of shapes)
    for (const [name, fields] of shape) all.set(name, [...(all.get(name) ?? []), ...fields]);
  return all;
}
