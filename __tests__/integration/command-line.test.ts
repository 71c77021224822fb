import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineStatus, RestartResult } from 'serverengine';
import { eventually } from '../support/eventually';
import { isAlive } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { reapAfterEach } from '../support/reaping';
import { tempDir } from '../support/temp-dir';

const ROOT = join(__dirname, '../..');
const BIN = join(ROOT, 'dist/cli/serverengine.js');
const NOBODY = 65534;

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A running command: its output so far and its exit. */
function command(folder: string, words: readonly string[], uid?: number) {
  const child = spawn(process.execPath, [BIN, ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  reapAfterEach(() => void child.kill('SIGKILL'));
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const ended = once(child, 'close').then(([code]): Said => ({ code: code as number | null, ...said }));
  return { child, said, ended };
}

function run(folder: string, ...words: readonly string[]): Promise<Said> {
  return command(folder, words).ended;
}

async function up(more: Record<string, unknown> = {}) {
  const folder = tempDir();
  const config = { pidPath: join(folder, 'app.pid'), workers: 2, restartStrategy: 'rolling', ...more };
  const program = startRecorded('self-driven', { config });
  await program.waitForWorkers(2);
  const reconfigure = (change: Record<string, unknown>): void => program.setConfig({ ...config, ...change });
  return { folder, program, reconfigure };
}

async function running(folder: string): Promise<EngineStatus> {
  return eventually(async () => {
    const status = JSON.parse((await run(folder, 'status', '--json')).out) as EngineStatus;
    return status.workers.every(({ state }) => state === 'running') && status;
  }, 'every worker runs');
}

describe('the command serverengine', () => {
  it('shows the status without loading the engine', () => {
    const program = `
      process.argv.splice(1, 0, 'serverengine', 'status', '--pid', '/no/such.pid');
      process.once('exit', () => process.stdout.write(JSON.stringify(Object.keys(require.cache))));
      require(${JSON.stringify(BIN)});`;
    const { stdout, status } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
    expect(status).toBe(3);
    const loaded = JSON.parse(stdout) as string[];
    expect(loaded).toContain(BIN);
    expect(loaded.filter((path) => !/\/(dist\/cli|node_modules\/commander)\//.test(path))).toEqual([]);
    expect(loaded.length).toBeLessThan(15);
  });

  it.each([{ supervisor: false }, { supervisor: true }])(
    'controls an engine from start to stop (%p)',
    async (mode) => {
      const { folder, program, reconfigure } = await up(mode);
      const status = await running(folder);
      expect(status).toMatchObject({ pid: program.pid, role: mode.supervisor ? 'supervisor' : 'server' });
      const shown = await run(folder, 'status', '--pid', 'app.pid');
      expect(shown).toMatchObject({ code: 0, err: '' });
      expect(shown.out).toMatch(/^serverengine [\d.]+ .* running .*\n(.*\n)*Web\/1 +\d+ +running/);

      expect(await run(folder, 'scale', '+1')).toEqual({ code: 0, out: 'from 2 to 3 workers\n', err: '' });
      const wrong = await run(folder, 'scale', 'Webb', '1');
      expect(wrong).toMatchObject({ code: 1, out: '' });
      expect(wrong.err).toMatch(/^error: scale\(\): there is no group "Webb"\. The groups are: Web\.\n$/);
      expect((await run(folder, 'scale', 'Web', '-1')).out).toBe('from 3 to 2 workers\n');
      expect((await run(folder, 'dump', 'Web/0')).code).toBe(0);
      expect((await run(folder, 'dump', '9')).code).toBe(1);

      reconfigure({ ...mode, workers: 'many' });
      const refused = await run(folder, 'reload');
      expect(refused.code).toBe(1);
      expect(refused.err).toMatch(/^error: .*workers must be an integer >= 1 or 'auto', got 'many'\.\n$/);
      reconfigure({ ...mode, logLevel: 'info', drainDelay: 0.01 });
      expect((await run(folder, 'reload')).out).toMatch(/^reloaded, now in force: (drainDelay|logLevel), /);

      const held = await run(folder, 'restart', '--wait');
      expect(held).toMatchObject({ code: 0, err: '' });
      expect(held.out).toMatch(/Web\/0: ready after .*\n(.*\n)*restarted: 2 workers replaced in /);
      reconfigure({ ...mode, isBroken: true });
      const halted = await run(folder, 'restart', '--wait', '--json');
      expect(halted.code).toBe(1);
      expect(JSON.parse(halted.out) as RestartResult).toMatchObject({
        ok: false,
        outcome: 'halted',
        kept: 2,
      });
      expect(halted.err).toMatch(
        /^error: restart halted: worker Web\/0 .*status 3 before it was ready; 0 replaced, 2 old/,
      );

      if (process.geteuid?.() === 0) {
        chmodSync(folder, 0o755);
        const denied = await command(folder, ['status', '--pid', 'app.pid'], NOBODY).ended;
        expect(denied.code).toBe(4);
        expect(denied.err).toMatch(/^error: not permitted to reach --pid app\.pid: it belongs to user 0/);
      }
      expect(await run(folder, 'stop')).toEqual({
        code: 0,
        out: `stopped, process ${String(program.pid)} has ended\n`,
        err: '',
      });
      expect(isAlive(program.pid)).toBe(false);
      expect((await run(folder, 'status')).code).toBe(3);
      expect((await run(folder, 'status', '--pid', 'app.pid')).code).toBe(3);
    },
  );

  it('waits only when asked and only for the given time, and refuses an ambiguous engine', async () => {
    const { folder, program } = await up();
    const other = startRecorded('self-driven', { config: { controlSocket: join(folder, 'other.sock') } });
    await other.waitForWorkers(2);
    const several = await run(folder, 'status');
    expect(several.code).toBe(2);
    expect(several.err).toContain(`--socket app.pid.sock (pid ${String(program.pid)})`);
    expect(several.err).toContain(`--socket other.sock (pid ${String(other.pid)})`);
    const socket = ['--socket', 'app.pid.sock'];
    const begun = await run(folder, 'restart', ...socket);
    expect(begun.code).toBe(0);
    await program.record({ message: /restart/ });
    // A stopped process does not answer.
    await other.stop();
    program.signal('SIGSTOP');
    const late = command(folder, ['status', ...socket, '--timeout', '0.2']);
    const { code, err } = await late.ended;
    program.signal('SIGCONT');
    expect([code, err]).toEqual([5, expect.stringMatching(/^error: .*not answered within/)]);
    expect((await run(folder, 'stop', '--no-wait', ...socket)).code).toBe(0);
    await program.exited;
  });

  it('follows the log of the chosen workers through rotations, as text and as records', async () => {
    const log = join(tempDir(), 'app.log');
    const folder = tempDir();
    const config = {
      controlSocket: join(folder, 'c.sock'),
      log,
      logFormat: 'text',
      logRotateSize: 3000,
      logRotateAge: 40,
    };
    const program: RecordedProgram = startRecorded('self-driven', { config });
    await eventually(() => existsSync(join(folder, 'c.sock')), 'it is there');
    await running(folder);
    const all = command(folder, ['logs', '-f', '--lines', '1']);
    const records = command(folder, ['logs', '-f', '--json', '--level', 'info']);
    await eventually(() => all.said.out !== '' && records.said.out !== '', 'both have read the log');
    for (let round = 0; round < 3; round += 1) expect((await run(folder, 'restart', '--wait')).code).toBe(0);
    expect(existsSync(`${log}.0`)).toBe(true);
    // The last lines may cause one more rotation.
    const files = (): readonly string[] =>
      Array.from({ length: 40 }, (_, age) => 39 - age)
        .map((index) => `${log}.${String(index)}`)
        .filter((path) => existsSync(path));
    const whole = (): string => [...files(), log].map((path) => readFileSync(path, 'utf8')).join('');
    await eventually(
      () => all.said.out.length > 2000 && whole().endsWith(all.said.out),
      'every line was followed',
    );
    const parsed = records.said.out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { level: string; pid: number; message: string });
    expect(new Set(parsed.map(({ level }) => level))).not.toContain('debug');
    const one = await run(folder, 'logs', '--worker', '0', '-n', '1000', '--file', log);
    expect(one.out).not.toMatch(/worker=1 /);
    await run(folder, 'stop');
    await program.exited;
  });

  it.each([
    { language: '--typescript', template: 'http' },
    { language: '--javascript', template: 'queue' },
  ])(
    'creates a program that passes its own tests and checks ($language, $template)',
    async ({ language, template }) => {
      const folder = join(tempDir(), 'My Shop');
      const isJavascript = language === '--javascript';
      const main = isJavascript ? 'server.mjs' : 'server.ts';
      const words = ['init', folder, language, '--template', template];
      expect((await run(ROOT, ...words)).code).toBe(0);
      const again = await run(ROOT, ...words);
      expect(again.code).toBe(1);
      expect(again.err).toMatch(
        /^error: .* has package\.json, .* already, and existing files are not overwritten\./,
      );
      const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string };
      expect(name).toBe('my-shop');
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(ROOT, join(folder, 'node_modules/serverengine'));
      for (const one of ['zod', 'tsx'])
        symlinkSync(join(ROOT, 'node_modules', one), join(folder, 'node_modules', one));
      const good = await run(folder, 'check-config', main, '--timeout', '60s');
      expect(good).toEqual({
        code: 0,
        out: `the configuration of ${main} is good\n  ${isJavascript ? 'queue' : 'web'}: 2 process workers\n`,
        err: '',
      });
      const loader = isJavascript ? [] : ['--import', 'tsx'];
      const test = isJavascript ? 'worker.test.mjs' : 'app.test.ts';
      const tested = spawnSync(process.execPath, [...loader, '--test', test], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(tested.stdout).toMatch(/^# pass 1$/m);
      expect(tested.status).toBe(0);
      const yaml = join(folder, 'server.yml');
      writeFileSync(
        yaml,
        readFileSync(yaml, 'utf8')
          .replace('workers: 2', 'workers: two')
          .replace(/8080|500/, 'many'),
      );
      const wrong = await run(folder, 'check-config', main, '--timeout', '60s');
      expect(wrong.code).toBe(1);
      expect(wrong.err).toMatch(
        /workers must be an integer >= 1 or 'auto', got 'two'\.\n.*(port|pollMs).*\n$/,
      );
      const file = await run(folder, 'check-config', 'server.yml', '--json');
      expect(file.code).toBe(1);
      expect(JSON.parse(file.out)).toMatchObject({ ok: false, problems: [expect.stringMatching(/workers/)] });
      const failed = await run(folder, 'start', main);
      expect(failed.code).toBe(1);
      writeFileSync(join(folder, 'none.js'), 'process.exitCode = 4;');
      const none = await run(folder, 'check-config', 'none.js');
      expect(none).toMatchObject({
        code: 1,
        err: 'error: none.js ended with status 4 before it called run() of an engine\n',
      });
      expect((await run(folder, 'start', 'none.js')).code).toBe(4);
    },
  );

  it('prints the JSON schema of a configuration file', async () => {
    const { code, out } = await run(ROOT, 'config-schema');
    expect(code).toBe(0);
    const schema = JSON.parse(out) as { properties: Record<string, { description: string }> };
    expect(schema.properties['controlSocket']?.description).toMatch(/^Path of the unix socket/);
  });
});
