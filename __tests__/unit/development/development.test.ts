import type { Command } from '../../../src/commands/command';
import { Development } from '../../../src/development/development';
import type { CheckOutcome } from '../../../src/development/program-check';
import { FakeClock } from '../../../src/testing/fake-clock';
import { fakeLogger } from '../contract/fake-logger';

function developing(isSupervised = false) {
  const clock = new FakeClock();
  const logger = fakeLogger();
  const commands: Command[] = [];
  const checks: { signal: AbortSignal; end: (outcome?: CheckOutcome) => void }[] = [];
  const results: object[] = [];
  const development = new Development({
    files: { config: '/app.yml', ofServer: new Set(['/server.ts']), hasEmbedded: false, isSupervised },
    target: {
      submit: (command) => {
        commands.push(command);
        return Promise.resolve((results.shift() ?? { ok: true }) as never);
      },
    },
    check: (signal) => new Promise((end) => void checks.push({ signal, end })),
    name: (path) => path.slice(1),
    logger,
    clock,
  });
  const save = async (...paths: readonly string[]): Promise<void> => {
    for (const path of paths) development.changed(path, 'changed');
    await clock.advanceAsync(100);
  };
  const settle = async (outcome?: CheckOutcome): Promise<void> => {
    checks.at(-1)?.end(outcome);
    await clock.advanceAsync(0);
  };
  const said = () => logger.info.mock.calls.map(([message]) => message);
  const warned = () => logger.warn.mock.calls.map(([message]) => message);
  return { development, clock, logger, commands, checks, results, save, settle, said, warned };
}

const BROKEN: CheckOutcome = { why: 'it ended with status 1', said: 'SyntaxError: x' };

describe(Development, () => {
  it('a burst of changes is one restart, after the program has loaded', async () => {
    const { clock, development, commands, settle, said, save } = developing();
    for (let count = 0; count < 5; count += 1) {
      development.changed(`/file-${count}.ts`, 'changed');
      clock.advance(90);
    }
    expect(said()).toEqual([]);
    await save('/web.ts');
    expect(commands).toEqual([]);
    await settle();
    expect(commands).toEqual([{ kind: 'restart', graceful: true }]);
    expect(said()).toEqual(['file-0.ts and 5 other files changed: workers restart']);
  });

  it('a file that keeps changing does not delay the others', () => {
    const { clock, development, checks } = developing();
    for (let count = 0; count < 40; count += 1) {
      development.changed('/web.ts', 'changed');
      clock.advance(80);
    }
    expect(checks).toHaveLength(1);
  });

  it('a program that does not load is not restarted, and the next save that loads applies all changes', async () => {
    const { commands, logger, save, settle, said } = developing(true);
    await save('/server.ts');
    await settle(BROKEN);
    expect(commands).toEqual([]);
    expect(logger.error.mock.calls).toEqual([
      ['SyntaxError: x'],
      [
        'server.ts changed, but the program does not load: the running workers stay until the next change of a file',
        { reason: 'it ended with status 1' },
      ],
    ]);
    await save('/util.ts');
    await settle();
    expect(commands).toEqual([{ kind: 'detach' }]);
    expect(said()).toEqual(['server.ts and util.ts changed: the server process restarts, with its workers']);
  });

  it('a save during the check restarts the check', async () => {
    const { checks, commands, save, settle, said } = developing();
    await save('/a.ts');
    await save('/b.ts');
    expect(checks.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    checks[0]?.end();
    await settle();
    expect(commands).toHaveLength(1);
    expect(said()).toEqual(['a.ts and b.ts changed: workers restart']);
  });

  it('the configuration is reloaded without a check', async () => {
    const { commands, save } = developing();
    await save('/app.yml');
    expect(commands).toEqual([{ kind: 'reload' }]);
  });

  it.each([
    [{ ok: false, outcome: 'halted', kept: 2, reason: 'why' }, [expect.stringMatching(/the old ones stay/)]],
    [
      { ok: false, outcome: 'halted', kept: 0, reason: 'why' },
      [expect.stringMatching(/they are tried again/)],
    ],
    [{ ok: false, outcome: 'overtaken', kept: 1 }, []],
    [{ ok: true }, []],
  ])('logs the outcome: %j', async (result, expected) => {
    const { results, save, settle, warned } = developing();
    results.push(result);
    await save('/web.ts');
    await settle();
    expect(warned()).toEqual(expected);
  });

  it('starts the next server at once when the last one has failed', async () => {
    const { commands, results, save, settle } = developing(true);
    results.push({ ok: false, reason: 'the next server process is already about to start' });
    await save('/server.ts');
    await settle();
    expect(commands).toEqual([{ kind: 'detach' }, { kind: 'restart', graceful: true }]);
  });

  it('stops when it is closed', async () => {
    const { checks, commands, development, save, settle } = developing();
    await save('/web.ts');
    development.close();
    expect(checks[0]?.signal.aborted).toBe(true);
    await settle();
    await save('/web.ts');
    expect(commands).toEqual([]);
  });
});
