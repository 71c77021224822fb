import { Argument, Command, InvalidArgumentError, Option, type CommanderError } from 'commander';
import { parseDuration } from '../common/duration';
import type { InitOptions } from './commands/init';
import type { StartOptions } from './commands/start';
import { SHELLS, type Shell } from './completion-scripts';
import { EXIT, EXIT_MEANINGS } from './exit-codes';
import type { EngineOptions } from './find-engine';
import type { Screen } from './screen';
import { TEMPLATES } from './templates';

/** What an action does besides printing: it sets the exit status. */
export interface ProgramDeps {
  readonly screen: Screen;
  readonly version: string;
  /** The exit status of the command. */
  readonly onStatus: (status: number) => void;
}

interface Given extends EngineOptions {
  readonly json?: boolean;
  readonly timeout?: number;
}

// The engine answers these questions from memory.
const SHORT_MS = 10_000;
// A graceful stop may take all of workerGracefulKillTimeout, and a rollout may take that for each worker.
const LONG_MS = 30 * 60_000;

/** Every command, option and sentence of the help. docs/cli.md and the completion are made from these too. */
export function createProgram({ screen, version, onStatus }: ProgramDeps): Command {
  const program = new Command('serverengine')
    .description('Starts, shows and controls serverengine engines.')
    .version(version)
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', exitCodeHelp);
  /** Each action is a chunk of its own: status does not load what start needs. */
  const command = (usage: string, description: string): Command =>
    program.command(usage).description(description).allowExcessArguments(false);
  const withLimit = <G extends Given>(given: G, limitMs: number) => ({
    ...given,
    timeoutMs: given.timeout ?? limitMs,
  });

  command('start', 'Runs a program in the foreground; ends with the status of its engine.')
    .usage('[options] <file> [args...]')
    .argument('[file]', 'the program: JavaScript, or TypeScript if tsx is installed')
    .argument('[args...]', 'its arguments')
    .option(
      '-d, --daemonize',
      'run in the background; the command ends when the server is up (sets the key daemonize)',
    )
    .option(
      '-w, --watch [glob...]',
      'workers follow changes of files (sets the key watch); put -- between globs and the program',
    )
    .passThroughOptions()
    .action(async (file: string | undefined, args: string[], given: StartOptions) => {
      onStatus(await (await import('./commands/start')).start(file, args, given));
    });

  ofEngine(command('status', 'Shows the server and its workers.'))
    .addOption(
      new Option('-w, --watch [seconds]', 'repeat, by default every 2 seconds')
        .argParser(seconds)
        .preset(2000),
    )
    .action(async (given: Given & { watch?: number }) => {
      const { status } = await import('./commands/status');
      await status({ ...withLimit(given, SHORT_MS), watchMs: given.watch }, screen);
    });

  ofEngine(command('stop', 'Stops the engine and waits until it has ended.'))
    .option('-i, --immediate', 'at once: requests in flight are not finished')
    .option('--no-wait', 'return at once')
    .action(async (given: Given & { immediate?: boolean; wait: boolean }) => {
      await (await tell()).stop(withLimit(given, LONG_MS), screen);
    });

  ofEngine(command('restart', 'Reads the configuration again and replaces every worker.'))
    .option('-i, --immediate', 'at once: requests in flight are not finished')
    .option('-W, --wait', 'show the progress; end with 1 if a new worker does not become ready')
    .option('-g, --group <name>', 'only the workers of this group')
    .action(async (given: Given & { immediate?: boolean; wait?: boolean; group?: string }) => {
      await (await tell()).restart(withLimit(given, LONG_MS), screen);
    });

  ofEngine(
    command('reload', 'Reads the configuration again, says what has changed, and reopens the log.'),
  ).action(async (given: Given) => {
    await (await tell()).reload(withLimit(given, SHORT_MS), screen);
  });

  for (const [name, description] of [
    ['detach', 'Starts the next server process and lets this one finish (live restart; needs a supervisor).'],
    ['upgrade', 'Replaces the whole tree with the current program, without closing a socket.'],
  ] as const) {
    ofEngine(command(name, description))
      .option('-W, --wait', 'wait until the next one serves')
      .action(async (given: Given & { wait?: boolean }) => {
        await (await tell()).takeOver(name, withLimit(given, LONG_MS), screen);
      });
  }

  ofEngine(command('scale', 'Sets the number of workers until the next reload.'))
    .usage('[options] [group] <n>')
    .argument('<n...>', 'the number of workers, or +N or -N; with several groups, put the group first: web 4')
    .action(async (words: string[], given: Given) => {
      await (await tell()).scale(words, withLimit(given, SHORT_MS), screen);
    });

  ofEngine(command('dump', 'Makes every process write what it is doing to a file.'))
    .argument('[worker]', 'only this worker: 2, or with its group, web/2')
    .action(async (worker: string | undefined, given: Given) => {
      await (await tell()).dump(worker, withLimit(given, SHORT_MS), screen);
    });

  ofEngine(command('logs', 'Shows the end of the log file.'), { hasLimit: false })
    .option('-f, --follow', 'also show new records, through rotations')
    .addOption(new Option('-n, --lines <count>', 'how many lines').argParser(wholeNumber).default(20))
    .option('--worker <worker>', 'only records of this worker: 2 or web/2')
    .option('-g, --group <name>', 'only records of this group')
    .option('-l, --level <level>', 'only records of this level and above')
    .option('--file <path>', 'read this file, even if no engine runs')
    .action(async (given: Given & { lines: number }) => {
      await (await import('./commands/logs')).logs(given, screen);
    });

  ofEngine(command('top', 'Shows the workers live, in a terminal.'), { hasJson: false })
    .addOption(
      new Option('-i, --interval <seconds>', 'time between two updates')
        .argParser(seconds)
        .default(1000, '1'),
    )
    .action(async (given: Given & { interval: number }) => {
      const { top } = await import('./commands/top');
      await top({ ...withLimit(given, SHORT_MS), intervalMs: given.interval }, screen);
    });

  command(
    'check-config',
    'Checks a configuration file, or everything that the start of a program would check.',
  )
    .argument('<file>', 'a .yml, .yaml or .json file, or the program')
    .argument('[args...]', 'arguments of the program; put its options after --')
    .addOption(jsonOption())
    .addOption(timeoutOption())
    .action(async (file: string, args: string[], given: Given) => {
      const { checkConfig } = await import('./commands/check-config');
      await checkConfig(file, args, withLimit(given, SHORT_MS), screen);
    });

  command('config-schema', 'Prints the JSON schema of a configuration file.').action(async () => {
    (await import('./commands/config-schema')).configSchema(screen);
  });

  command('init', 'Creates a folder with a first program that is ready to run.')
    .argument('<dir>', 'the folder; existing files are not overwritten')
    .option('--typescript', 'a program in TypeScript; this is the default')
    .option('--javascript', 'a program in JavaScript')
    .addOption(new Option('--template <name>', 'what its workers do').choices(TEMPLATES).default('http'))
    .addOption(jsonOption())
    .action(async (folder: string, given: InitOptions) => {
      (await import('./commands/init')).init(folder, given, screen);
    });

  command(
    'completion',
    'Prints a script that completes commands, options, and the groups and workers of the engine in a shell.',
  )
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action(async (shell: Shell) => {
      const { completionScript, completionsOf } = await import('./completion-scripts');
      screen.write(completionScript(shell, completionsOf(program)));
    });

  // For the scripts of completion alone.
  ofEngine(program.command('complete', { hidden: true }).allowExcessArguments(false), {
    hasJson: false,
    hasLimit: false,
  })
    .addArgument(new Argument('<what>').choices(['groups', 'workers']))
    .action(async (what: 'groups' | 'workers', given: Given) => {
      await (await import('./commands/complete')).complete(what, given, screen);
    });

  return program;
}

const tell = () => import('./commands/tell');

interface OptionsOfEngine {
  readonly hasLimit?: boolean;
  readonly hasJson?: boolean;
}

/** The options that say which engine, and how to ask it. */
function ofEngine(command: Command, { hasLimit = true, hasJson = true }: OptionsOfEngine = {}): Command {
  command
    .option('-p, --pid <file>', 'the engine with this pid file')
    .option('-s, --socket <path>', 'the engine with this control socket');
  if (hasJson) command.addOption(jsonOption());
  if (hasLimit) command.addOption(timeoutOption());
  return command;
}

function jsonOption(): Option {
  return new Option('--json', 'print JSON');
}

function timeoutOption(): Option {
  return new Option(
    '-t, --timeout <seconds>',
    'give up after this time with status 5; also 500ms, 10m',
  ).argParser(seconds);
}

/** To milliseconds. */
function seconds(given: string): number {
  const ms = parseDuration(given);
  if (ms === undefined || ms <= 0)
    throw new InvalidArgumentError("It must be seconds > 0 or a time like '10m'.");
  return ms;
}

function wholeNumber(given: string): number {
  if (!/^\d+$/.test(given)) throw new InvalidArgumentError('It must be a number >= 0.');
  return Number(given);
}

function exitCodeHelp(): string {
  const lines = Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `  ${code}  ${meaning}`);
  return `\nThe command finds an engine by --pid, by --socket, or if exactly one engine has its socket in the current folder.\n\nExit codes:\n${lines.join('\n')}`;
}

/** The status for an error of the parser. If the user asked for help, it is no error. */
export function statusOfParser(error: CommanderError): number {
  return error.exitCode === 0 ? EXIT.done : EXIT.usage;
}
