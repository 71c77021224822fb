import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ask, askLoop, differentAnswers } from '../support/clients';
import { eventually } from '../support/eventually';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

const NOBODY = /^nobody:[^:]*:(?<uid>\d+):(?<gid>\d+):/m;
const itAsRoot = process.getuid?.() === 0 ? it : it.skip;
const itOnLinux = process.platform === 'linux' ? it : it.skip;

function asking(config: Readonly<Record<string, unknown>>): RecordedProgram {
  return startRecorded('deputy', { config });
}

const pids = (program: RecordedProgram): ReadonlySet<string> => new Set(program.workerPids().map(String));

describe('a unix socket that workers listen on', () => {
  it('is created again after the whole tree was killed', async () => {
    const path = join(tempDir(), 'app.sock');
    const config = { asked: [{ path }] };
    const killed = asking(config);
    await killed.recordsOf(2, ': listening');
    await killed.kill();
    expect(existsSync(path)).toBe(true);
    const program = asking(config);
    await program.recordsOf(2, ': listening');
    expect(await differentAnswers(2, () => ask(path))).toEqual(pids(program));
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(readdirSync(join(path, '..'))).toEqual([]);
  });

  it.each([false, true])(
    'survives workers that remove its path before listen() and at their end (supervisor: %p)',
    async (supervisor) => {
      const path = join(tempDir(), 'app.sock');
      const config = { asked: [{ path }], removed: [path], removedAtEnd: [path], supervisor };
      const program = asking(config);
      await program.recordsOf(2, ': listening');
      expect(await differentAnswers(2, () => ask(path))).toEqual(pids(program));
      const since = program.now;
      program.signal('SIGUSR1');
      await program.recordsOf(2, ': listening', { since });
      await program.recordsOf(2, /worker \d+ (finished|exited|ended)/, { since });
      await eventually(() => existsSync(path), 'the path is there');
      expect(await differentAnswers(2, () => ask(path))).toEqual(pids(program));
      await program.stop();
      expect(readdirSync(join(path, '..'))).toEqual([]);
    },
  );

  it('has the mode that listen() was given', async () => {
    const path = join(tempDir(), 'app.sock');
    const program = asking({ asked: [{ path, readableAll: true, writableAll: true }] });
    await program.recordsOf(2, ': listening');
    expect(statSync(path).mode & 0o666).toBe(0o666);
  });

  itOnLinux('may have an abstract name', async () => {
    const name = `\0serverengine-${process.pid}-abstract`;
    const program = asking({ asked: [{ path: name }], opened: name });
    await program.recordsOf(2, ': listening');
    expect(await differentAnswers(2, () => ask(name))).toEqual(pids(program));
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('workers with fewer rights than the server (workerChuser)', () => {
  const { uid, gid } = NOBODY.exec(readFileSync('/etc/passwd', 'utf8'))!.groups!;
  const nobodys = { workerChuser: 'nobody', workerChumask: '027' };

  /** A directory that it may enter, with one inside that it owns. */
  function directories(): { readonly roots: string; readonly own: string } {
    const [roots, own] = [tempDir(), tempDir()];
    chmodSync(roots, 0o755);
    chownSync(own, Number(uid), Number(gid));
    return { roots, own };
  }

  itAsRoot.each([false, true])(
    'get what they could open by themselves, and what the server has opened (supervisor: %p)',
    async (supervisor) => {
      const { roots, own } = directories();
      const [refused, made, opened] = [join(roots, 'refused'), join(own, 'made'), join(roots, 'opened')];
      const asked = [{ path: refused }, { fd: 3 }, { fd: 4 }, { path: made }, { path: opened }];
      const program = asking({ ...nobodys, supervisor, opened, asked });
      await program.recordsOf(2, 'opened"}: listening');
      for (const options of asked.slice(0, 3)) {
        expect(program.records(`asked for ${JSON.stringify(options)}: EACCES`)).toHaveLength(2);
      }
      expect(
        program.records({ level: 'warn', message: 'may not open that socket as the user' }),
      ).toHaveLength(6);
      expect(readdirSync(roots).filter((name) => !name.startsWith('.'))).toEqual(['opened']);
      expect(statSync(made)).toMatchObject({ uid: Number(uid), gid: Number(gid) });
      expect(statSync(made).mode & 0o777).toBe(0o750);
      for (const path of [made, opened]) {
        expect(await differentAnswers(2, () => ask(path))).toEqual(pids(program));
      }
      expect(await program.stop()).toEqual({ code: 0, signal: null });
      for (const directory of [roots, own]) expect(readdirSync(directory)).toEqual([]);
    },
  );

  itAsRoot('keep their own sockets through an upgrade', async () => {
    const { own } = directories();
    const path = join(own, 'made');
    const program = asking({ ...nobodys, asked: [{ path }], signalUpgrade: 'SIGWINCH' });
    await program.recordsOf(2, ': listening');
    const loop = askLoop(() => ask(path));
    const since = program.now;
    program.signal('SIGWINCH');
    await program.recordsOf(2, ': listening', { since });
    await program.record('server finished', { since });
    expect((await loop.finish()).failures).toEqual([]);
    expect(await ask(path)).toMatch(/^\d+$/);
    await program.stop();
    expect(readdirSync(own)).toEqual([]);
  });
});
