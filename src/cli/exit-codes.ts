/** The exit codes of the command. A code never changes its meaning. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  absent: 3,
  denied: 4,
  late: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** In words, for the help and the reference. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'done',
  1: 'the command failed: a rollout halted, a reload was refused, a configuration is wrong',
  2: 'wrong use: no such command or option, or several engines to choose from',
  3: 'there is no such engine, or it is not running',
  4: 'not permitted: the engine belongs to another user',
  5: 'no answer in time',
};

/** Ends the command with that code. Its message is one line: what is wrong, and the cure. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
