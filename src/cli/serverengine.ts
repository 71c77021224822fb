import { CommanderError } from 'commander';
import { describeError, messageOf } from '../common/errors';
import { packageVersion } from '../common/version';
import { CliError, EXIT } from './exit-codes';
import { createProgram, statusOfParser } from './program';
import { standardScreen } from './screen';

/** The command. Resolves with its exit status; never rejects. */
async function main(args: readonly string[]): Promise<number> {
  let status: number = EXIT.done;
  const program = createProgram({
    screen: standardScreen(),
    version: packageVersion(),
    onStatus: (given) => {
      status = given;
    },
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeErr: (text) => void process.stderr.write(text),
      // One line that says where to find more.
      outputError: (text, write) =>
        write(`${text.trim().replaceAll('\n', ' ')} (${helpOf(command.name())})\n`),
    });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return statusOfParser(error);
    process.stderr.write(`error: ${error instanceof CliError ? messageOf(error) : describeError(error)}\n`);
    return error instanceof CliError ? error.exitCode : EXIT.failed;
  }
}

function helpOf(name: string): string {
  return name === 'serverengine' ? 'see serverengine --help' : `see serverengine ${name} --help`;
}

// `serverengine logs | head`: the reader has seen enough.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) =>
  process.exit(code === 'EPIPE' ? EXIT.done : EXIT.failed),
);

void main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
