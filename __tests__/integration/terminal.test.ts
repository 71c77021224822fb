import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { isAlive, markedPids, signalPid } from '../support/processes';
import { reapAfterEach } from '../support/reaping';
import { tempDir } from '../support/temp-dir';

const ROOT = join(__dirname, '../..');
const MARK = 'TERMINAL_TEST_MARK';

/** A program that logs to a file, in a terminal that can be closed. */
function startInTerminal(config: object, commandOf: (program: string) => readonly string[]) {
  const folder = tempDir();
  const [log, configPath] = [join(folder, 'log'), join(folder, 'config.json')];
  writeFileSync(configPath, JSON.stringify({ workerType: 'process', workers: 2, log, ...config }));
  const program = `${process.execPath} ${join(ROOT, '.build/fixtures/hooks.js')} ${configPath}`;
  const child = spawn('python3', [join(ROOT, '__tests__/fixtures/in-terminal.py'), ...commandOf(program)], {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { PATH: process.env['PATH'], [MARK]: folder },
  });
  const pids = (): number[] => markedPids(`${MARK}=${folder}`).filter((pid) => pid !== child.pid);
  reapAfterEach(async () => {
    child.kill('SIGKILL');
    await eventually(() => {
      for (const pid of pids()) signalPid(pid, 'SIGKILL');
      return pids().length === 0;
    }, 'the program is gone');
  });
  const text = (): string => (existsSync(log) ? readFileSync(log, 'utf8') : '');
  return {
    text,
    pids,
    until: (line: string, times = 1) =>
      eventually(() => text().split(line).length > times, `the log has ${line}`),
    close: () => child.stdin.end('\n'),
  };
}

const plain = (program: string): readonly string[] => program.split(' ');
const inShell = (program: string): readonly string[] => ['sh', '-c', `${program}; true`];
const underNohup = (program: string): readonly string[] => [
  'sh',
  '-c',
  `nohup ${program} >/dev/null 2>&1; true`,
];

describe('a closed terminal', () => {
  it.each([
    ['a server', {}, plain],
    ['a supervisor, from a shell', { supervisor: true }, inShell],
  ])('stops %s gracefully', async (_what, config, commandOf) => {
    const program = startInTerminal({ ...config, stopMs: 200 }, commandOf);
    await program.until(' is running ', 2);
    program.close();
    await eventually(() => program.pids().length === 0, 'every process is gone');
    const log = program.text();
    expect(log).toContain('the terminal is gone: graceful stop');
    expect(log.match(/worker=\d .*run has ended/g)).toHaveLength(2);
    expect(log).not.toMatch(/unexpectedly|command restart|\[error\]|: dump /);
  });

  it('does not stop a server under nohup, where kill -HUP is still a restart', async () => {
    const program = startInTerminal({}, underNohup);
    await program.until(' is running ', 2);
    const [, top = ''] = /server pid=(\d+): server started/.exec(program.text()) ?? [];
    const workers = [...program.text().matchAll(/worker \d started .*pid=(\d+)/g)].map(([, pid]) =>
      Number(pid),
    );
    program.close();
    await program.until('the engine goes on');
    expect(workers.map(isAlive)).toEqual([true, true]);
    await eventually(() => {
      signalPid(Number(top), 'SIGHUP');
      return program.text().includes('command restart');
    }, 'the restart is obeyed');
    await program.until(' is running ', 4);
    expect(program.text()).not.toMatch(/unexpectedly/);
    signalPid(Number(top), 'SIGTERM');
    await eventually(() => program.pids().length === 0, 'every process is gone');
  });
});
