import { showKind } from './show';

export const NODE_FLAGS_ALLOWED = "a list of flags of node such as ['--import', './telemetry.mjs']";

/** Node options whose value may be a separate word. Every other value follows `=`. */
const WITH_VALUE: ReadonlySet<string> = new Set([
  '--import',
  '--require',
  '-r',
  '--loader',
  '--experimental-loader',
  '--conditions',
  '-C',
  '--env-file',
  '--env-file-if-exists',
  '--disable-warning',
  '--unhandled-rejections',
]);

/** With these, node runs something other than the program, or nothing. */
const NO_PROGRAM =
  /^(?:-e|--eval|-p|--print|-pe|-c|--check|-i|--interactive|-v|--version|-h|--help|--v8-options|--completion-bash|--run|--test|--watch|--watch-path|--build-snapshot|--build-sea|--experimental-sea-config|--prof-process|-|--)(?:=|$)/;

/** What a thread can load before its program. It shares all other flags with its process. */
const PRELOADS: ReadonlySet<string> = new Set(['--import', '--require', '-r']);

/** One flag, with its value if it has one. */
export interface NodeFlag {
  readonly name: string;
  readonly value: string | undefined;
}

/** The flags in a list of words. A word that belongs to no flag becomes one without a name. */
export function nodeFlags(words: readonly string[]): readonly NodeFlag[] {
  const flags: NodeFlag[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const next = words[at + 1];
    const equals = word.indexOf('=');
    if (!word.startsWith('-')) flags.push({ name: '', value: word });
    else if (equals > 0) flags.push({ name: word.slice(0, equals), value: word.slice(equals + 1) });
    else if (WITH_VALUE.has(word) && next !== undefined && !next.startsWith('-')) {
      flags.push({ name: word, value: next });
      at += 1;
    } else flags.push({ name: word, value: undefined });
  }
  return flags;
}

/** What is wrong with flags for workers. Each entry continues a sentence that begins with the name of the key. */
export function nodeFlagFaults(given: unknown): readonly string[] {
  if (!isWords(given)) return [` must be ${NODE_FLAGS_ALLOWED}, got ${showKind(given)}`];
  return nodeFlags(given).flatMap(({ name, value }) => {
    if (name === '') {
      return [
        ` has the word '${value ?? ''}' that belongs to no flag: node would run it instead of the program. ` +
          `Write a value after its flag as '--flag=value'`,
      ];
    }
    if (NO_PROGRAM.test(name))
      return [` must not have ${name}: node would not run the program. Leave it out`];
    if (WITH_VALUE.has(name) && !value) return [` has ${name} without its value. Write '${name}=VALUE'`];
    return [];
  });
}

export function isWords(given: unknown): given is readonly string[] {
  // every() skips holes.
  return Array.isArray(given) && Array.from(given).every((item) => typeof item === 'string' && item !== '');
}

/** The flags that a thread cannot have. */
export function notForThreads(words: readonly string[]): readonly string[] {
  return nodeFlags(words).flatMap(({ name }) => (PRELOADS.has(name) ? [] : [name]));
}
