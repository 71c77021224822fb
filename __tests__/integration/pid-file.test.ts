import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { start } from '../support/program';
import { tempDir } from '../support/temp-dir';

describe('the pid file', () => {
  it('has the pid of the server while it runs, and is removed at the end', async () => {
    const dir = tempDir();
    const pidPath = join(dir, 'x.pid');
    const program = start('hooks', { config: { pidPath } });
    await program.waitForLine('hook run ');
    expect(readFileSync(pidPath, 'utf8')).toBe(`${String(program.pid)}\n`);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is removed too when the server could not start', async () => {
    const pidPath = join(tempDir(), 'x.pid');
    const program = start('hooks', { config: { pidPath, fail: ['beforeRun'] } });
    expect(await program.exited).toEqual({ code: 1, signal: null });
    expect(existsSync(pidPath)).toBe(false);
  });

  it('of a dead process is replaced, with a warning', async () => {
    const pidPath = join(tempDir(), 'x.pid');
    const dead = spawnSync(process.execPath, ['-p', '0']).pid;
    writeFileSync(pidPath, `${String(dead)}\n`);
    const program = start('hooks', { config: { pidPath } });
    const line = await program.waitForLine('stale pid file replaced');
    expect(line).toContain(`[warn] server`);
    expect(line).toContain(`pid=${String(dead)}`);
    await program.waitForLine('hook run ');
    expect(readFileSync(pidPath, 'utf8')).toBe(`${String(program.pid)}\n`);
  });

  it('of a live process is refused, and stays as it is', async () => {
    const pidPath = join(tempDir(), 'x.pid');
    const first = start('hooks', { config: { pidPath } });
    await first.waitForLine('hook run ');
    const second = start('hooks', { config: { pidPath } });
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.output).toContain(`belongs to process ${String(first.pid)}, which is running`);
    expect(readFileSync(pidPath, 'utf8')).toBe(`${String(first.pid)}\n`);
  });
});
