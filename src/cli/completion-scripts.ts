import type { Command, Option } from 'commander';
import { LOG_LEVELS } from '../record/logger';
import type { Asked } from './commands/complete';

/** What a shell can complete: one command, or one of its options. */
export interface Completion {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** Its arguments are names of files. */
  readonly takesFiles: boolean;
  /** The words that its first argument may be. */
  readonly words: readonly string[];
  /** Its arguments are these names of the running engine. */
  readonly asks: Asked | undefined;
}

export interface CompletedOption {
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** Its value is one of these words. */
  readonly words: readonly string[];
  /** Its value is one of these names of the running engine. */
  readonly asks: Asked | undefined;
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

const ASKED: readonly Asked[] = ['groups', 'workers'];

export type Shell = (typeof SHELLS)[number];

const FILES: ReadonlySet<string> = new Set(['file', 'dir']);

/** Everything that can be completed, from the definitions of the parser. */
export function completionsOf(program: Command): readonly Completion[] {
  const shown = program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help');
  return shown.map((command) => ({
    name: command.name(),
    description: oneLine(command.description()),
    options: [...command.options, ...program.createHelp().visibleOptions(command)]
      .filter((option, index, all) => all.findIndex(({ long }) => long === option.long) === index)
      .map(optionOf),
    takesFiles: command.registeredArguments.some((argument) => FILES.has(argument.name().toLowerCase())),
    words: command.registeredArguments[0]?.argChoices ?? [],
    asks: ASKS_OF_COMMANDS[command.name()],
  }));
}

const ASKS_OF_COMMANDS: Readonly<Record<string, Asked>> = { scale: 'groups', dump: 'workers' };
const ASKS_OF_OPTIONS: Readonly<Record<string, Asked>> = { '--group': 'groups', '--worker': 'workers' };
const WORDS_OF_OPTIONS: Readonly<Record<string, readonly string[]>> = { '--level': LOG_LEVELS };

function optionOf({ short, long, description, required, optional, argChoices }: Option): CompletedOption {
  const flags = [short, long].filter((flag) => flag !== undefined);
  return {
    flags,
    description: oneLine(description),
    takesValue: required || optional,
    words: argChoices ?? WORDS_OF_OPTIONS[long ?? ''] ?? [],
    asks: ASKS_OF_OPTIONS[long ?? ''],
  };
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ').replace(/\.$/, '');
}

export function completionScript(shell: Shell, completions: readonly Completion[]): string {
  switch (shell) {
    case 'bash':
      return bash(completions);
    case 'zsh':
      return zsh(completions);
    case 'fish':
      return fish(completions);
  }
}

function flagsOf({ options }: Completion): string {
  return options.flatMap(({ flags }) => flags).join(' ');
}

/** Options whose value is a path, for shells that can complete one. */
const PATHS: ReadonlySet<string> = new Set(['--pid', '--socket', '--file']);

function bash(completions: readonly Completion[]): string {
  const cases = completions.map((one) => {
    const words = one.words.length > 0 ? ` ${one.words.join(' ')}` : '';
    const files = one.takesFiles ? ' files=1' : '';
    const names = one.asks ? ` names=${one.asks}` : '';
    return `    ${one.name}) words="${flagsOf(one)}${words}"${files}${names} ;;`;
  });
  const asking = ASKED.map((asked) => {
    const flags = completions.flatMap(({ options }) =>
      options.filter(({ asks }) => asks === asked).flatMap((option) => option.flags),
    );
    return `    ${[...new Set(flags)].join('|')}) names=${asked} ;;`;
  });
  const choosing = completions
    .flatMap(({ options }) => options.filter(({ words }) => words.length > 0))
    .map(
      ({ flags, words }) =>
        `    ${flags.join('|')}) COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$word")); return ;;`,
    );
  return `# bash completion of serverengine: eval "$(serverengine completion bash)"
_serverengine_names() {
  local at value options=()
  for ((at = 2; at < COMP_CWORD; at++)); do
    case "\${COMP_WORDS[at]}" in
      -p|--pid|-s|--socket)
        value="\${COMP_WORDS[at+1]}"
        if [ "$value" = "=" ]; then value="\${COMP_WORDS[at+2]}"; fi
        options+=("\${COMP_WORDS[at]}" "$value") ;;
    esac
  done
  "\${COMP_WORDS[0]}" complete "$1" "\${options[@]}" 2>/dev/null
}
_serverengine() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words="" files="" names=""
  if [ "$before" = "=" ]; then before="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  if [ "$word" = "=" ]; then word=""; before="\${COMP_WORDS[COMP_CWORD-1]}"; fi
  case "$before" in
    ${[...PATHS].join('|')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
${[...choosing, ...asking].join('\n')}
  esac
  if [ -n "$names" ]; then
    compopt +o filenames
    COMPREPLY=($(compgen -W "$(_serverengine_names "$names")" -- "$word"))
    return
  fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${completions.map(({ name }) => name).join(' ')} help --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [ -n "$names" ]; then compopt +o filenames; words="$words $(_serverengine_names "$names")"; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ -n "$files" ]; then COMPREPLY+=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _serverengine serverengine
`;
}

function zsh(completions: readonly Completion[]): string {
  const quoted = (text: string): string => text.replaceAll("'", "'\\''").replace(/[[\]:]/g, '\\$&');
  const commands = completions.map(({ name, description }) => `    '${name}:${quoted(description)}'`);
  const cases = completions.map((one) => {
    const options = one.options.map((option) => {
      const { flags, description, takesValue } = option;
      const value = takesValue ? `:value:${zshValues(option)}` : '';
      // --pid=FILE too.
      const given = flags.map((flag) => (takesValue && flag.startsWith('--') ? `${flag}=` : flag));
      const names = given.length > 1 ? `'(${flags.join(' ')})'{${given.join(',')}}` : (given[0] ?? '');
      return `${names}'[${quoted(description)}]${value}'`;
    });
    const rest =
      one.words.length > 0
        ? [`'1:word:(${one.words.join(' ')})'`]
        : one.asks
          ? [`'1:${one.asks}:_serverengine_${one.asks}'`]
          : one.takesFiles
            ? ["'*:file:_files'"]
            : [];
    return `    ${one.name}) _arguments ${[...options, ...rest].join(' ')} ;;`;
  });
  return `#compdef serverengine
# zsh completion of serverengine: eval "$(serverengine completion zsh)"
_serverengine_ask() {
  local -a options
  local at
  for (( at = 2; at < CURRENT; at++ )); do
    case "$words[at]" in
      -p|--pid|-s|--socket) options+=("$words[at]" "\${(Q)words[at+1]}") ;;
      --pid=*|--socket=*) options+=("\${(Q)words[at]}") ;;
    esac
  done
  local -a names
  names=(\${(f)"$(\${(Q)program} complete $1 $options 2>/dev/null)"})
  compadd -a names
}
_serverengine_groups() { _serverengine_ask groups }
_serverengine_workers() { _serverengine_ask workers }
_serverengine() {
  local -a commands
  commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local program="$words[1]" command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
compdef _serverengine serverengine
`;
}

function zshValues({ flags, words, asks }: CompletedOption): string {
  if (asks) return `_serverengine_${asks}`;
  if (words.length > 0) return `(${words.join(' ')})`;
  return flags.some((flag) => PATHS.has(flag)) ? '_files' : '';
}

function fish(completions: readonly Completion[]): string {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = completions.flatMap((one) => {
    const within = `-n '__fish_seen_subcommand_from ${one.name}'`;
    return [
      `complete -c serverengine -n __fish_use_subcommand -f -a ${one.name} -d ${quoted(one.description)}`,
      ...one.options.map(({ flags, description, takesValue, words, asks }) => {
        const names = flags.map((flag) =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        );
        const values = asks ? `(__serverengine_names ${asks})` : words.join(' ');
        return `complete -c serverengine ${within} ${names.join(' ')}${takesValue ? ' -r' : ''}${values === '' ? '' : ` -f -a '${values}'`} -d ${quoted(description)}`;
      }),
      ...(one.words.length > 0 ? [`complete -c serverengine ${within} -f -a '${one.words.join(' ')}'`] : []),
      ...(one.asks ? [`complete -c serverengine ${within} -f -a '(__serverengine_names ${one.asks})'`] : []),
      ...(one.takesFiles || one.words.length > 0 ? [] : [`complete -c serverengine ${within} -f`]),
    ];
  });
  return `# fish completion of serverengine: serverengine completion fish | source\n${FISH_NAMES}${lines.join('\n')}\n`;
}

const FISH_NAMES = `function __serverengine_names
  set -l words (commandline -opc)
  set -l options
  for at in (seq 3 (count $words))
    switch $words[$at]
      case -p --pid -s --socket
        set -a options $words[$at] $words[(math $at + 1)]
      case '--pid=*' '--socket=*'
        set -a options $words[$at]
    end
  end
  command $words[1] complete $argv[1] $options 2>/dev/null
end
`;
