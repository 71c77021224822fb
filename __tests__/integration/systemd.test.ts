import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServerHandle } from '../../src/node-internals/server-handle';
import type { RawHandle } from '../../src/common/raw-handle';
import { ask, askHttp } from '../support/clients';
import { eventually } from '../support/eventually';
import { isAlive, signalPid } from '../support/processes';
import { startRecorded } from '../support/recorded-program';
import { reapAfterEach } from '../support/reaping';
import { tempDir } from '../support/temp-dir';

/** Stands in for systemd's program, which needs a running systemd. */
function standIn(): { env: Record<string, string>; said: () => string[] } {
  const folder = tempDir();
  const log = join(folder, 'said');
  const program = join(folder, 'systemd-notify');
  // One write for each message, because two processes may write at the same time.
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$*" >> '${log}'\n`);
  chmodSync(program, 0o755);
  const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, NOTIFY_SOCKET: '/run/none' };
  return { env, said: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []) };
}

describe('a service of systemd', () => {
  it('reports its readiness, reload, upgrade and stop', async () => {
    const { env, said } = standIn();
    const says = (pattern: RegExp, count = 1): Promise<unknown> =>
      eventually(
        () => said().filter((line) => pattern.test(line)).length >= count,
        `${String(pattern)} in ${said().join(', ')}`,
      );
    const folder = tempDir();
    const code = join(folder, 'code.js');
    writeFileSync(code, 'exports.answer = "old";');
    const config = { signalUpgrade: 'SIGURG', unixPath: join(folder, 'unix.sock'), workers: 2 };
    const program = startRecorded('versioned', {
      config,
      args: [code],
      env: { ...env, WATCHDOG_USEC: '600000', SERVERENGINE_SUPERVISOR: 'true' },
    });
    const port = await program.port();
    await says(/^READY=1$/);
    await says(/^STATUS=running; 2 of 2 workers ready$/);
    await says(/^WATCHDOG=1$/, 2);

    program.setConfig({ ...config, workers: 'many' });
    program.signal('SIGUSR2');
    await says(/^RELOADING=1 MONOTONIC_USEC=\d+$/);
    await says(/^READY=1 STATUS=reload failed: .*workers must be/);
    program.setConfig(config);

    program.signal('SIGURG');
    const { fields } = await program.record(/^upgrade: the successor serves/);
    const successor = Number(fields['successor']);
    await says(new RegExp(`^READY=1 MAINPID=${String(successor)}$`));
    await says(new RegExp(`^MAINPID=${String(successor)}$`));
    // It does not stay for systemd, which follows the successor.
    await eventually(() => !isAlive(program.pid), 'the end of the first main process');
    expect(said().filter((line) => line === 'STOPPING=1')).toEqual([]);
    // Now it is a child of systemd, which looks at that only if the main process changes.
    const again = (): string[] =>
      said()
        .slice(-20)
        .filter((line) => line.startsWith('MAINPID='));
    await eventually(
      () =>
        again().length === 3 && again()[1] !== again()[2] && again()[2] === `MAINPID=${String(successor)}`,
      `another main process, and then the successor, in ${said().join(', ')}`,
    );
    expect(await ask(port)).toBe('old');

    signalPid(successor, 'SIGTERM');
    await says(/^STOPPING=1$/);
    await says(/^EXTEND_TIMEOUT_USEC=\d+$/);
  });

  it('listens on the sockets that systemd passes, by address or by name', async () => {
    const listened = held();
    const unused = held();
    const port = portOf(listened);
    const passed = { http: listened, admin: unused };
    const options = { config: { port, everywhere: true, workers: 2 }, passed };
    const program = startRecorded('http-listen', options);
    await program.waitForWorkers(2);
    const warning = await program.record(/^nothing listens on sockets that systemd has passed/);
    expect(warning.fields['sockets']).toBe('admin');
    expect(await askHttp(port)).toMatch(/^\d+$/);

    // Clients wait: systemd still holds the socket, and starts the next process.
    program.signal('SIGKILL');
    await program.exited;
    const waiting = askHttp(port);
    const next = startRecorded('http-listen', options);
    expect(await waiting).toMatch(/^\d+$/);
    next.signal('SIGTERM');
    expect((await next.exited).code).toBe(0);
  });
});

/** A socket that another process holds and never accepts from. On every address, on its own port. */
function held(): RawHandle {
  const handle = createServerHandle('::', 0, 6);
  if (typeof handle === 'number') throw new Error(`errno ${String(handle)}`);
  reapAfterEach(() => handle.close());
  return handle;
}

function portOf(handle: RawHandle): number {
  const name: { port?: number } = {};
  handle.getsockname?.(name);
  return name.port!;
}
