import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRecorded } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

describe('the pid file', () => {
  it('has the pid of the running server, and is removed at the end', async () => {
    const dir = tempDir();
    const pidPath = join(dir, 'x.pid');
    const program = startRecorded('hooks', { config: { pidPath } });
    await program.record('hook run');
    expect(readFileSync(pidPath, 'utf8')).toBe(`${String(program.pid)}\n`);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is removed when the server fails to start', async () => {
    const pidPath = join(tempDir(), 'x.pid');
    const program = startRecorded('hooks', { config: { pidPath, fail: ['beforeRun'] } });
    expect(await program.exited).toEqual({ code: 1, signal: null });
    expect(existsSync(pidPath)).toBe(false);
  });

  it('is replaced with a warning when its process is dead', async () => {
    const pidPath = join(tempDir(), 'x.pid');
    const dead = spawnSync(process.execPath, ['-p', '0']).pid;
    writeFileSync(pidPath, `${String(dead)}\n`);
    const program = startRecorded('hooks', { config: { pidPath } });
    const replaced = await program.record('stale pid file replaced');
    expect(replaced).toMatchObject({ level: 'warn', role: 'server' });
    expect(JSON.stringify(replaced.fields)).toContain(String(dead));
    await program.record('hook run');
    expect(readFileSync(pidPath, 'utf8')).toBe(`${String(program.pid)}\n`);
  });

  it('is left unchanged and the start is refused when its process is alive', async () => {
    const pidPath = join(tempDir(), 'x.pid');
    const first = startRecorded('hooks', { config: { pidPath } });
    await first.record('hook run');
    const second = startRecorded('hooks', { config: { pidPath } });
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.output).toContain(`belongs to process ${String(first.pid)}, which is running`);
    expect(readFileSync(pidPath, 'utf8')).toBe(`${String(first.pid)}\n`);
  });
});
