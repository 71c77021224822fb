import { extname, resolve } from 'node:path';
import { ConfigError, isError, messageOf } from '../common/errors';

type Values = Readonly<Record<string, unknown>>;
type Parse = (text: string, path: string) => Promise<unknown>;

/**
 * A config function for `create` that reads a YAML or JSON file at each call, so on every reload. Engine keys may have
 * the snake_case spelling of Ruby's ServerEngine (`worker_type`, `:worker_type`).
 * @param overrides win over the file.
 * @throws ConfigError (ERR_CONFIG_UNREADABLE) at once for another file type; as a rejection if the file cannot be read
 * or is empty.
 */
export function fromFile(path: string, overrides: Values = {}): () => Promise<Record<string, unknown>> {
  // Absolute: a daemon changes its working directory before the first reload.
  const absolute = resolve(path);
  const parse = parserFor(absolute);
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const readFile = async (): Promise<Record<string, unknown>> => {
    const text = await read(absolute);
    const content = text.trim() === '' ? null : await parse(text, absolute);
    // Empty does not mean "all defaults": a truncated file would change port, log and workers under a running service.
    if (content === null || content === undefined) {
      throw unreadable(
        absolute,
        'it has no keys. Is it still being written, or was it truncated? If you want the defaults, write {} into it.',
      );
    }
    // Loaded here, because it needs the whole key table: a worker refers to this function, too, and never calls it.
    const { withEngineSpelling } = await import('./engine-spelling');
    return { ...withEngineSpelling(content, absolute), ...given };
  };
  PATHS.set(readFile, absolute);
  return readFile;
}

const PATHS = new WeakMap<object, string>();

/** The file that a config function of fromFile() reads. */
export function fileOfConfig(config: unknown): string | undefined {
  return typeof config === 'function' ? PATHS.get(config) : undefined;
}

function parserFor(path: string): Parse {
  switch (extname(path).toLowerCase()) {
    case '.yml':
    case '.yaml':
      return parseYaml;
    case '.json':
      return parseJson;
    default:
      throw unreadable(
        path,
        'its name must end in .yml, .yaml or .json. Rename the file or give create() an object.',
      );
  }
}

async function read(path: string): Promise<string> {
  // Loaded here, because a worker refers to fromFile, too, and never reads the file.
  const { readSettled } = await import('./read-settled');
  try {
    return (await readSettled(path)).replace(/^\uFEFF/, '');
  } catch (error) {
    const isOfSystem = isError(error) && 'code' in error;
    const cure = isOfSystem ? 'Check that the file exists and that this user may read it.' : 'Correct that.';
    throw unreadable(path, `${messageOf(error)}. ${cure}`, error);
  }
}

// 027 is octal in Ruby's YAML and for everyone who writes a umask, but 27 in YAML 1.2: files would be open to others.
const octalOfYaml11 = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?0[0-7]+$/,
  resolve: (digits: string) => Number.parseInt(digits, 8),
};

async function parseYaml(text: string, path: string): Promise<unknown> {
  // Loaded here, so that only programs that use YAML pay for it.
  const { LineCounter, parseDocument, visit } = await import('yaml');
  const lines = new LineCounter();
  const at = (offset: number | undefined): string => {
    const { line, col } = lines.linePos(offset ?? 0);
    return `at line ${line}, column ${col}`;
  };
  try {
    const document = parseDocument(text, {
      // `<<: *defaults` is common in Ruby's YAML.
      merge: true,
      prettyErrors: true,
      lineCounter: lines,
      // The parser's own check compares each key with all keys before it: 20,000 keys take seconds.
      uniqueKeys: false,
      customTags: (tags) => [octalOfYaml11, ...tags],
    });
    for (const warning of document.warnings) process.emitWarning(`config file ${path}: ${bare(warning)}`);
    if (document.errors[0]) throw document.errors[0];
    visit(document, {
      Map: (_, { items }) => {
        const seen = new Set<unknown>();
        for (const { key } of items) {
          const { value, range } = key as { value?: unknown; range?: readonly number[] };
          // Several merges in one mapping are common.
          if (value === undefined || value === '<<') continue;
          if (seen.has(value)) throw new Error(`Map keys must be unique ${at(range?.[0])}`);
          seen.add(value);
        }
      },
    });
    return document.toJS() as unknown;
  } catch (error) {
    throw unreadable(path, `not valid YAML: ${bare(error)}. Correct the file and reload.`);
  }
}

/**
 * The first line of the parser's message, because the others quote the file. The name of an alias or a tag is removed,
 * too: it may be a password that begins with a star or an exclamation mark, which must not get into a log.
 */
function bare(error: unknown): string {
  const [summary = ''] = messageOf(error).split('\n');
  return summary
    .replace(/^(Unresolved alias[^:]*):.*$/, '$1')
    .replace(/^(Unresolved tag): \S+/, '$1')
    .replace(/:$/, '');
}

async function parseJson(text: string, path: string): Promise<unknown> {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const message = messageOf(error);
    const position = /at position (\d+)/.exec(message)?.[1];
    const line =
      position === undefined ? '' : ` (line ${text.slice(0, Number(position)).split('\n').length})`;
    throw unreadable(path, `not valid JSON: ${withoutContent(message)}${line}. Correct the file and reload.`);
  }
}

/** V8 quotes the text, which may be a password: `Unexpected token 'x', ..."ss": xyz}" is not valid JSON`. */
function withoutContent(message: string): string {
  return message.replace(/, (?:\.\.\.)?".*$/s, '');
}

function unreadable(path: string, reason: string, cause?: unknown): ConfigError {
  return new ConfigError('ERR_CONFIG_UNREADABLE', `config file ${path}: ${reason}`, { cause });
}
