import { ConfigError } from '../common/errors';
import { snakeCase } from './key-names';
import { KEY_NAMES, KEY_TABLE, type KeyName } from './keys';
import { isPlainObject } from './plain-data';
import { showKind } from './show';

/**
 * The content of a config file with every engine key in our spelling.
 * @throws ConfigError when it is not a mapping, or has a key in two spellings.
 */
export function withEngineSpelling(content: unknown, path: string): Readonly<Record<string, unknown>> {
  if (!isPlainObject(content)) {
    throw new ConfigError(
      'ERR_CONFIG_INVALID',
      `config file ${path}: must have keys with values at the top level, got ${showKind(content)}.`,
    );
  }
  const result = new Map<string, unknown>();
  const spelledAs = new Map<string, string>();
  const problems: string[] = [];
  for (const [spelled, value] of Object.entries(content)) {
    const bare = spelled.replace(/^:/, '');
    const key = SPELLINGS.get(bare);
    const name = key ?? bare;
    const earlier = spelledAs.get(name);
    if (earlier !== undefined) {
      problems.push(`config file ${path}: ${earlier} and ${spelled} are the same key. Keep one of them.`);
    }
    spelledAs.set(name, spelled);
    result.set(name, key === undefined ? value : withoutColon(key, value));
  }
  if (problems.length > 0) throw new ConfigError('ERR_CONFIG_INVALID', problems.join('\n'));
  return Object.fromEntries(result);
}

const SPELLINGS: ReadonlyMap<string, KeyName> = new Map(
  KEY_NAMES.flatMap((key) =>
    [key, snakeCase(key), KEY_TABLE[key].source ?? key].map((name) => [name, key] as const),
  ),
);

/** `:process`, a symbol in Ruby's YAML, means 'process'. */
function withoutColon(key: KeyName, value: unknown): unknown {
  const { kind } = KEY_TABLE[key];
  const isWord = (kind === 'enum' || kind === 'signal') && typeof value === 'string';
  return isWord ? value.replace(/^:/, '') : value;
}
