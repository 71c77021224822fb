import {
  chmodSync,
  existsSync,
  lchownSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { isMatch, recordsIn } from '../support/log-records';
import { startRecorded } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

const NOBODY = /^nobody:[^:]*:(?<uid>\d+):(?<gid>\d+):/m;

const isRoot = process.getuid?.() === 0;
const NOT_ROOT = /workerChuser: only root may change the user or group of a process/;

function nobody() {
  const { uid, gid } = NOBODY.exec(readFileSync('/etc/passwd', 'utf8'))!.groups!;
  return { uid: uid!, gid: gid! };
}

describe('workerChuser, workerChgroup and workerChumask', () => {
  const config = { workerChuser: 'nobody', workerChgroup: 'daemon', workerChumask: '027' };

  it('apply to a process worker before its Worker object is constructed', async () => {
    const program = startRecorded('identity', { config });
    if (!isRoot) {
      await program.waitForLine(NOT_ROOT);
      expect((await program.exited).code).toBe(1);
      return;
    }
    const { uid, gid } = nobody();
    const [record] = await program.recordsOf(2, 'in run');
    expect(record?.fields).toMatchObject({ constructed: Number(uid), uid: Number(uid), gid: 1, mode: '640' });
    expect(String(record?.fields['groups']).split(',').sort()).toEqual(['1', gid].sort());
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('apply to a spawn worker', async () => {
    const script = 'echo "in sh uid=$(id -u) gid=$(id -g) umask=$(umask) arg=$0"; exec sleep 60';
    const program = startRecorded('spawn-program', {
      config: { ...config, command: '/bin/sh', args: ['-c', script, 'it is $HOME'] },
    });
    if (!isRoot) {
      await program.waitForLine(NOT_ROOT);
      return;
    }
    const { message } = await program.record('in sh');
    expect(message).toBe(`in sh uid=${nobody().uid} gid=1 umask=0027 arg=it is $HOME`);
  });

  it('end the server before any start when a name is unknown', async () => {
    const program = startRecorded('identity', { config: { workerChuser: 'no-such-user' } });
    const line = await program.waitForLine(
      "workerChuser must be the name or number of a user of this system, got 'no-such-user'.",
    );
    expect(line).toContain('(see /etc/passwd)');
    expect((await program.exited).code).toBe(1);
    expect(program.records(/^worker \d/)).toEqual([]);
  });
});

(isRoot ? describe : describe.skip)('chuser', () => {
  const becomes = { chuser: 65534, chgroup: 65534 };

  it('chuser makes that user the owner of the log and the pid file, and the log can be reopened', async () => {
    const dir = tempDir();
    chmodSync(dir, 0o755);
    const [log, pidPath] = [join(dir, 'app.log'), join(dir, 'app.pid')];
    const program = startRecorded('identity', { config: { ...becomes, log, pidPath } });
    const logged = (message: string) => () =>
      existsSync(log) && recordsIn(log).some((record) => isMatch(record, message));
    await eventually(logged('in run'), 'it runs');
    program.signal('SIGUSR2');
    await eventually(logged('reloaded'), 'it was reloaded');
    expect([log, pidPath].map((path) => statSync(path).uid)).toEqual([65534, 65534]);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(logged('pid file cannot be removed; it is emptied')()).toBe(true);
    expect(program.output).toBe('');
  });

  it('does not let the owner of the log folder redirect the log to another file', async () => {
    const dir = tempDir();
    const precious = join(tempDir(), 'precious');
    writeFileSync(precious, 'precious', { mode: 0o600 });
    const log = join(dir, 'app.log');
    symlinkSync(precious, log);
    for (const path of [dir, log]) lchownSync(path, 65534, 65534);
    const program = startRecorded('identity', { config: { ...becomes, log, pidPath: join(dir, 'app.pid') } });
    expect(await program.exited).toEqual({ code: 1, signal: null });
    expect(program.output).toMatch(/cannot start: log: cannot open .*app\.log: /);
    expect([statSync(precious).uid, readFileSync(precious, 'utf8')]).toEqual([0, 'precious']);
    expect(readdirSync(dir)).toEqual(['app.log']);
  });
});

describe('workerProcessName', () => {
  it('is shown in full by ps with the worker id, and changes on reload', async () => {
    const name = `importer %d: ${'of the long names '.repeat(5)}(100%%)`;
    const shown = (id: number) => `importer ${String(id)}: ${'of the long names '.repeat(5)}(100%)`;
    const program = startRecorded('identity', { config: { workerProcessName: name } });
    for (const id of [0, 1]) await program.record({ message: 'in run', worker: id, shown: shown(id) });
    program.setConfig({ workerProcessName: 'exporter-%d' });
    program.signal('SIGUSR2');
    for (const id of [0, 1])
      await program.record({ message: 'reloaded', worker: id, shown: `exporter-${String(id)}` });
  });
});
