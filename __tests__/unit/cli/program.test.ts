import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { namesOf } from '../../../src/cli/commands/complete';
import { programAndGlobs } from '../../../src/cli/commands/start';
import { completionScript, completionsOf } from '../../../src/cli/completion-scripts';
import { CliError, EXIT } from '../../../src/cli/exit-codes';
import { asCliError, findEngine, none, several } from '../../../src/cli/find-engine';
import { createProgram, statusOfParser } from '../../../src/cli/program';
import { plain, type Screen } from '../../../src/cli/screen';
import { shortSize, shortTime } from '../../../src/cli/units';
import { ControlError, type ControlTrouble } from '../../../src/control/control-client';
import { tempDir } from '../../support/temp-dir';

const SCREEN: Screen = {
  write: () => {},
  note: () => {},
  isTerminal: false,
  paint: plain,
  columns: 80,
  rows: 24,
};

const program = () => createProgram({ screen: SCREEN, version: '1.2.3', onStatus: () => {} });

/** Returns the exit status and the error message for these arguments. */
async function parse(...words: readonly string[]): Promise<readonly [number, string]> {
  const made = program();
  for (const command of [made, ...made.commands])
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  try {
    await made.parseAsync([...words], { from: 'user' });
    return [0, ''];
  } catch (error) {
    if (error instanceof CommanderError) return [statusOfParser(error), error.message];
    if (error instanceof CliError) return [error.exitCode, error.message];
    throw error;
  }
}

describe('wrong arguments of the command', () => {
  it.each([
    [['statsu'], /unknown command 'statsu'.*Did you mean status/s],
    [['status', '--jsno'], /unknown option '--jsno'.*Did you mean --json/s],
    [['status', 'more'], /too many arguments/],
    [['scale'], /missing required argument 'n'/],
    [['scale', 'many'], /got 'many'/],
    [['stop', '--timeout', 'soon'], /It must be seconds > 0/],
    [
      ['logs', '--level', 'wran', '--file', '/etc/hostname'],
      /--level must be one of .* got 'wran' \(Did you mean warn\?\)/,
    ],
    [['start', '--watch', 'src', 'app.ts'], /start --watch src -- app\.ts/],
    [['start'], /give the program to start/],
    [['completion', 'tcsh'], /Allowed choices are bash, zsh, fish/],
    [['start', 'no-such-file.js'], /there is no file no-such-file\.js/],
    [['status', '--pid', 'a', '--socket', 'b'], /not both/],
    [['top', '--pid', 'a'], /top needs a terminal/],
  ])('%j exits with 2 and prints the cure', async (words, message) => {
    const [status, said] = await parse(...words);
    expect(said).toMatch(message);
    expect(status).toBe(EXIT.usage);
  });

  it('do not include a request for help or the version', async () => {
    expect((await parse('--version'))[0]).toBe(EXIT.done);
    expect((await parse('status', '--help'))[0]).toBe(EXIT.done);
  });
});

describe('the exit code for an engine error', () => {
  it.each<[ControlTrouble, number, RegExp]>([
    ['gone', EXIT.absent, /no engine runs at x: why\. Did you start it/],
    ['denied', EXIT.denied, /not permitted to reach x: .*Run this command as that user, or as root/],
    ['late', EXIT.late, /--timeout/],
    ['refused', EXIT.failed, /^why$/],
    ['closed', EXIT.absent, /it has ended/],
  ])('%s', (trouble, exitCode, message) => {
    const error = asCliError(new ControlError(trouble, 'why'), 'x') as CliError;
    expect(error.exitCode).toBe(exitCode);
    expect(error.message).toMatch(message);
  });
});

describe('the search for an engine', () => {
  it('lists several engines of the folder, and what it found when none runs', () => {
    expect(
      several([
        { name: 'a.sock', pid: 1 },
        { name: 'b.sock', pid: 2 },
      ]),
    ).toBe('several engines run in this folder. Say which: --socket a.sock (pid 1), --socket b.sock (pid 2)');
    expect(none('/srv', ['a.sock'], ['b.pid'])).toMatch(
      /a\.sock does not answer, b\.pid has no socket next to it/,
    );
  });

  it('fails when there is none', async () => {
    await expect(findEngine({}, tempDir())).rejects.toMatchObject({ exitCode: EXIT.absent });
    await expect(findEngine({ pid: 'x.pid' }, tempDir())).rejects.toMatchObject({
      exitCode: EXIT.absent,
      message: expect.stringContaining('x.pid') as string,
    });
  });
});

it('the command reports a frozen engine of the folder as late, not as absent', async () => {
  const folder = tempDir();
  const silent = net.createServer();
  silent.listen(join(folder, 'app.pid.sock'));
  await once(silent, 'listening');
  chmodSync(join(folder, 'app.pid.sock'), 0o600);
  await expect(findEngine({ timeoutMs: 10 }, folder)).rejects.toMatchObject({
    exitCode: EXIT.late,
    message: expect.stringContaining('app.pid.sock') as string,
  });
  silent.close();
  await once(silent, 'close');
});

describe('start --watch', () => {
  it.each<[string | undefined, true | readonly string[] | undefined, unknown]>([
    [undefined, ['app.ts'], { file: 'app.ts', watch: true }],
    ['app.ts', ['src', 'lib'], { file: 'app.ts', watch: ['src', 'lib'] }],
    ['app.ts', true, { file: 'app.ts', watch: true }],
    ['app.ts', undefined, { file: 'app.ts', watch: undefined }],
  ])('%s with %j', (file, watch, expected) => {
    expect(programAndGlobs(file, watch)).toEqual(expected);
  });
});

describe('names for shell completion', () => {
  const workers = [0, 1].map((workerId) => ({ group: 'web', workerId }));
  const groups = [{ name: 'web' }, { name: 'queue' }];
  it.each<[string, 'groups' | 'workers', object[], readonly string[]]>([
    ['groups', 'groups', groups, ['web', 'queue']],
    ['workers of several groups', 'workers', groups, ['web/0', 'web/1']],
    ['workers of one group', 'workers', groups.slice(0, 1), ['0', '1']],
  ])('%s', (_what, asked, of, expected) => {
    expect(namesOf(asked, { groups: of, workers } as never)).toEqual(expected);
  });
});

describe('completion', () => {
  const completions = completionsOf(program());

  it('includes every command and option', () => {
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      const script = completionScript(shell, completions);
      for (const { name } of completions) expect(script).toContain(name);
      expect(script).toMatch(/immediate/);
    }
  });

  it('works in a real bash', () => {
    const script = completionScript('bash', completions);
    const complete = (...words: readonly string[]): string[] =>
      execFileSync('bash', [
        '--norc',
        '-c',
        `${script}\nCOMP_WORDS=(serverengine "$@"); COMP_CWORD=$#; _serverengine; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        ...words,
      ])
        .toString()
        .split('\n')
        .filter((word) => word !== '');
    expect(complete('sta')).toEqual(['start', 'status']);
    expect(complete('restart', '--w')).toEqual(['--wait']);
    expect(complete('completion', 'f')).toEqual(['fish']);
    expect(complete('logs', '--level', 'w')).toEqual(['warn']);
    expect(complete('init', 'shop', '--template', '')).toEqual(['http', 'fastify', 'queue']);
  });

  const hasZsh = spawnSync('zsh', ['--version']).status === 0;
  (hasZsh ? it : it.skip)('is good zsh', () => {
    const { status, stderr } = spawnSync('zsh', ['-n'], {
      input: completionScript('zsh', completions),
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });

  const hasFish = spawnSync('fish', ['--version']).status === 0;
  (hasFish ? it : it.skip)('is good fish', () => {
    // With -n it reads nothing from stdin.
    const path = join(tempDir(), 'completion.fish');
    writeFileSync(path, completionScript('fish', completions));
    const { status, stderr } = spawnSync('fish', ['-n', path], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});

describe('units', () => {
  it.each([
    [300, '0.3s'],
    [59_000, '59s'],
    [150_000, '2m'],
    [3_600_000, '1h'],
    [12_000_000, '3h 20m'],
    [360_000_000, '4d 4h'],
  ])('shows %i ms as %s', (ms, text) => expect(shortTime(ms)).toBe(text));

  it.each([
    [1_048_576, '1.0M'],
    [209_715_200, '200M'],
    [3_221_225_472, '3.0G'],
  ])('shows %i bytes as %s', (bytes, text) => expect(shortSize(bytes)).toBe(text));
});
