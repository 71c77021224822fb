import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { makeFifo } from '../support/fifo';
import { start, type Program } from '../support/program';
import { tempDir } from '../support/temp-dir';

async function logged(options: Parameters<typeof start>[1] = {}): Promise<Program> {
  const program = start('logging', options);
  await program.waitForLine('all written');
  return program;
}

describe('console output (PARITY: Config and log)', () => {
  it('of server and worker becomes one prefixed log record for each line', async () => {
    const program = await logged();
    const pid = program.workerPid(0);
    const messages = (prefix: string): string[] =>
      program.matching(prefix).map((line) => line.slice(line.indexOf(prefix) + prefix.length));
    expect(messages(`[info] server pid=${String(program.pid)}: `)).toContain('printed by the server');
    // The log goes to stderr here, so the server's own stderr is not captured.
    expect(program.lines).toContain('complained by the server');
    expect(messages(`[warn] worker=0 pid=${String(pid)}: `)).toContain('complained by the worker');
    expect(messages(`[info] worker=0 pid=${String(pid)}: `).slice(0, 6)).toEqual([
      'printed by the worker',
      'first row',
      'second row',
      '',
      'last row',
      'begun, and ended',
    ]);
  });

  it('of the server on stderr becomes log lines when the log goes to stdout', async () => {
    const program = await logged({ config: { log: '-' } });
    expect(program.output).toMatch(/\[warn\] server pid=\d+: complained by the server\n/);
    expect(program.lines).toContain('printed by the server');
  });

  it('is left alone when logStdout and logStderr are false', async () => {
    const program = await logged({ config: { logStdout: false, logStderr: false } });
    for (const who of ['worker', 'server']) {
      expect(program.lines).toContain(`printed by the ${who}`);
      expect(program.lines).toContain(`complained by the ${who}`);
    }
  });
});

describe('the logger in a worker', () => {
  it('writes fields, also those of a child logger, and errors with stack and cause', async () => {
    const program = await logged();
    const pid = String(program.workerPid(0));
    expect(program.output).toContain(
      `worker=0 pid=${pid}: with fields text="two words" size=12 list=[1,2]\n`,
    );
    expect(program.output).toContain(`[warn] worker=0 pid=${pid}: from a child request=7\n`);
    expect(program.output).toContain(`[error] worker=0 pid=${pid}: failed\n    Error: for the stack\n`);
    expect(program.output).toContain('\n    Caused by: Error: the cause\n');
    expect(program.output).not.toContain('too fine');
  });

  it('writes one JSON object for each record with logFormat json', async () => {
    const program = await logged({ config: { logFormat: 'json' } });
    const records = program
      .matching((line) => line !== 'complained by the server')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const pid = records.find(({ message }) => message === 'worker 0 started')?.['pid_'];
    expect(pid).toEqual(expect.any(Number));
    expect(records).toContainEqual(
      expect.objectContaining({ level: 'info', role: 'worker', worker: 0, pid, message: 'last row' }),
    );
    expect(records).toContainEqual(
      expect.objectContaining({ message: 'with fields', text: 'two words', size: 12, list: [1, 2] }),
    );
    expect(records).toContainEqual(
      expect.objectContaining({
        message: 'failed',
        error: expect.objectContaining({ message: 'for the stack' }) as unknown,
      }),
    );
  });

  it('loses none of 1000 lines that are followed by process.exit() in the same turn', async () => {
    const program = start('logging', { config: { linesThenExit: 1000, unrecoverableExitCodes: [0] } });
    expect(await program.exited).toEqual({ code: 0, signal: null });
    const numbers = program.lines.flatMap((line) => /worker=0 .*: line (\d+) of many$/.exec(line)?.[1] ?? []);
    expect(numbers.map(Number)).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
  });
});

describe('a log file', () => {
  it('is written by server and workers, and reopened on USR2 after a rename (PARITY: Config and log)', async () => {
    const dir = tempDir();
    const [path, moved] = [join(dir, 'app.log'), join(dir, 'moved.log')];
    const program = start('logging', { env: { SERVERENGINE_LOG: path } });
    const holds = (file: string, text: string) => () =>
      existsSync(file) && readFileSync(file, 'utf8').includes(text);
    await eventually(holds(path, 'all written'), 'the log is complete');
    expect(readFileSync(path, 'utf8')).toContain('printed by the server');
    renameSync(path, moved);
    program.signal('SIGUSR2');
    await eventually(holds(path, 'reloaded'), 'the new file is written');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(readFileSync(path, 'utf8')).toMatch(/server finished status=0\n$/);
    expect(readFileSync(moved, 'utf8')).not.toContain('server finished');
    expect(program.lines).toEqual([]);
  });

  it('can be changed by a reload', async () => {
    const dir = tempDir();
    const program = await logged({ config: {} });
    program.setConfig({ log: join(dir, 'later.log') });
    program.signal('SIGUSR2');
    await eventually(() => existsSync(join(dir, 'later.log')), 'the file is there');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(readFileSync(join(dir, 'later.log'), 'utf8')).toMatch(
      /worker=0 .*reloaded[^]*server finished status=0/,
    );
    expect(program.matching('server finished')).toEqual([]);
  });

  it('never blocks the server when it is a FIFO without a reader: at the start, on reload, after a rotation', async () => {
    const dir = tempDir();
    const path = join(dir, 'app.log');
    const fifo = makeFifo(join(dir, 'fifo'));
    const refused = start('logging', { config: { log: fifo } });
    expect(await refused.exited).toEqual({ code: 1, signal: null });
    expect(refused.output).toContain(
      `cannot start: log: cannot open ${fifo}: there is a FIFO (named pipe) that no process reads.`,
    );
    const program = start('logging', { config: { log: path } });
    const holds = (text: string) => () => existsSync(path) && readFileSync(path, 'utf8').includes(text);
    await eventually(holds('all written'), 'it runs');
    program.setConfig({ log: fifo });
    program.signal('SIGUSR2');
    await eventually(holds('there is a FIFO (named pipe) that no process reads'), 'the reload is refused');
    renameSync(path, `${path}.1`);
    makeFifo(path);
    program.setConfig({ log: path });
    program.signal('SIGUSR2');
    await program.waitForLine(/log file .*app.log cannot be opened: there is a FIFO/);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(readFileSync(`${path}.1`, 'utf8')).toMatch(/server finished status=0\n$/);
  });
});
