import type { Command, Option } from 'commander';

/** What a shell can complete: one command, or one of its options. */
export interface Completion {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** Its arguments name files. */
  readonly takesFiles: boolean;
  /** The words that its first argument may be. */
  readonly words: readonly string[];
}

export interface CompletedOption {
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

const FILES: ReadonlySet<string> = new Set(['file', 'dir']);

/** All that there is to complete, from the definitions of the parser. */
export function completionsOf(program: Command): readonly Completion[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: oneLine(command.description()),
    options: [...command.options, ...program.createHelp().visibleOptions(command)]
      .filter((option, index, all) => all.findIndex(({ long }) => long === option.long) === index)
      .map(optionOf),
    takesFiles: command.registeredArguments.some((argument) => FILES.has(argument.name().toLowerCase())),
    words: command.registeredArguments[0]?.argChoices ?? [],
  }));
}

function optionOf({ short, long, description, required, optional }: Option): CompletedOption {
  const flags = [short, long].filter((flag) => flag !== undefined);
  return { flags, description: oneLine(description), takesValue: required || optional };
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

/** Options whose value is a path, for the shells that complete one. */
const PATHS: ReadonlySet<string> = new Set(['--pid', '--socket', '--file']);

function bash(completions: readonly Completion[]): string {
  const cases = completions.map((one) => {
    const words = one.words.length > 0 ? ` ${one.words.join(' ')}` : '';
    const files = one.takesFiles ? ' files=1' : '';
    return `    ${one.name}) words="${flagsOf(one)}${words}"${files} ;;`;
  });
  return `# bash completion of serverengine: eval "$(serverengine completion bash)"
_serverengine() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words="" files=""
  case "$before" in
    ${[...PATHS].join('|')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${completions.map(({ name }) => name).join(' ')} help --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
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
    const options = one.options.map(({ flags, description, takesValue }) => {
      const long = flags.at(-1) ?? '';
      const value = takesValue ? `:value:${PATHS.has(long) ? '_files' : ''}` : '';
      const names = flags.length > 1 ? `'(${flags.join(' ')})'{${flags.join(',')}}` : long;
      return `${names}'[${quoted(description)}]${value}'`;
    });
    const rest =
      one.words.length > 0
        ? [`'1:word:(${one.words.join(' ')})'`]
        : one.takesFiles
          ? ["'*:file:_files'"]
          : [];
    return `    ${one.name}) _arguments ${[...options, ...rest].join(' ')} ;;`;
  });
  return `#compdef serverengine
# zsh completion of serverengine: eval "$(serverengine completion zsh)"
_serverengine() {
  local -a commands
  commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
compdef _serverengine serverengine
`;
}

function fish(completions: readonly Completion[]): string {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = completions.flatMap((one) => {
    const within = `-n '__fish_seen_subcommand_from ${one.name}'`;
    return [
      `complete -c serverengine -n __fish_use_subcommand -f -a ${one.name} -d ${quoted(one.description)}`,
      ...one.options.map(({ flags, description, takesValue }) => {
        const names = flags.map((flag) =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        );
        return `complete -c serverengine ${within} ${names.join(' ')}${takesValue ? ' -r' : ''} -d ${quoted(description)}`;
      }),
      ...(one.words.length > 0 ? [`complete -c serverengine ${within} -f -a '${one.words.join(' ')}'`] : []),
      ...(one.takesFiles || one.words.length > 0 ? [] : [`complete -c serverengine ${within} -f`]),
    ];
  });
  return `# fish completion of serverengine: serverengine completion fish | source\n${lines.join('\n')}\n`;
}
