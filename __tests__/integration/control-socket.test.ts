import { chmodSync, chownSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineStatus } from 'serverengine';
import { ControlClient } from '../../src/control/control-client';
import { eventually } from '../support/eventually';
import { WAIT_LIMIT_MS } from '../support/limits';
import { isAlive, signalPid } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { reapAfterEach } from '../support/reaping';
import { tempDir } from '../support/temp-dir';

const NOBODY = 65534;
const MODES = [{ supervisor: false }, { supervisor: true }];
const STOP = { kind: 'stop', graceful: true } as const;

interface Engine {
  readonly program: RecordedProgram;
  readonly folder: string;
  readonly path: string;
}

async function up(more: Record<string, unknown> = {}, folder = tempDir()): Promise<Engine> {
  const pidPath = join(folder, 'app.pid');
  const config = { pidPath, serverDetachWait: 0.1, serverRestartWait: 0.1, ...more };
  const program = startRecorded('self-driven', { config });
  await program.waitForWorkers(2);
  return { program, folder, path: `${pidPath}.sock` };
}

async function connect(path: string): Promise<ControlClient> {
  const client = await ControlClient.connect(path, WAIT_LIMIT_MS);
  reapAfterEach(() => client.close());
  return client;
}

function status(client: ControlClient): Promise<EngineStatus> {
  return client.ask({ request: 'status' }, WAIT_LIMIT_MS);
}

/** Collects every event from now on, with its payload. */
async function listen(client: ControlClient): Promise<{ event: string; payload: Record<string, unknown> }[]> {
  const heard: { event: string; payload: Record<string, unknown> }[] = [];
  await client.subscribe((event, payload) => {
    heard.push({ event, payload: payload as Record<string, unknown> });
  }, WAIT_LIMIT_MS);
  return heard;
}

describe('the control socket', () => {
  it.each(MODES)(
    'answers queries, takes commands, sends events, and disappears with its engine (%p)',
    async (mode) => {
      const { program, folder, path } = await up(mode);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const client = await connect(path);
      expect(client.hello).toMatchObject({
        pid: program.pid,
        role: mode.supervisor ? 'supervisor' : 'server',
      });
      const heard = await listen(client);
      expect(await client.submit({ kind: 'scale', to: 3 }, WAIT_LIMIT_MS)).toEqual({
        ok: true,
        from: 2,
        to: 3,
      });
      const ready = await eventually(
        // The first two may have become ready only now.
        () => heard.find(({ event, payload }) => event === 'workerReady' && payload['workerId'] === 2),
        'the third worker is ready',
      );
      expect(ready.payload).toMatchObject({ group: 'Web', workerId: 2, generation: 1 });
      expect((await status(client)).workers.map(({ pid }) => pid)).toContain(ready.payload['pid']);
      const refused = await client.submit({ kind: 'dump', worker: 9 }, WAIT_LIMIT_MS);
      expect(refused).toEqual({ ok: false, reason: 'no such worker is running at the moment' });
      const wrong = client.submit({ kind: 'scale', to: -1 }, WAIT_LIMIT_MS);
      await expect(wrong).rejects.toMatchObject({ trouble: 'refused' });

      if (mode.supervisor) {
        const before = Number((await program.record('server process started')).fields['pid']);
        heard.splice(0);
        signalPid(before, 'SIGKILL');
        await eventually(
          () => heard.some(({ event, payload }) => event === 'workerReady' && payload['workerId'] === 1),
          'a worker of the next server is ready',
        );
        await client.submit({ kind: 'detach' }, WAIT_LIMIT_MS);
        expect((await status(client)).pid).toBe(program.pid);
      }
      expect(await client.submit(STOP, WAIT_LIMIT_MS)).toEqual({ ok: true });
      await client.closed;
      expect((await program.exited).code).toBe(0);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it('is refused to a second engine, and replaced when stale', async () => {
    // A missing folder is created for this user alone.
    const made = join(tempDir(), 'made');
    const first = await up({ controlSocket: join(made, 'c.sock'), pidPath: undefined });
    expect(statSync(made).mode & 0o777).toBe(0o700);
    const { controlSocket } = JSON.parse(first.program.config) as { controlSocket: string };
    const second = startRecorded('self-driven', { config: { controlSocket } });
    expect((await second.exited).code).toBe(1);
    expect(second.output).toContain(
      `controlSocket: ${controlSocket} belongs to the engine of process ${String(first.program.pid)}, which is running.`,
    );
    await first.program.kill();
    expect(existsSync(controlSocket)).toBe(true);
    const third = await up({ controlSocket, pidPath: undefined });
    const client = await connect(controlSocket);
    expect(client.hello.pid).toBe(third.program.pid);
  });

  it('is not opened in a folder that others may write to', async () => {
    const folder = tempDir();
    chmodSync(folder, 0o777);
    const { program } = await up({}, folder);
    const { fields } = await program.record(/^there is no control socket/);
    expect(fields['reason']).toMatch(/may be written to by others, got mode 777/);
    const refused = startRecorded('self-driven', { config: { controlSocket: join(folder, 'c.sock') } });
    expect((await refused.exited).code).toBe(1);
    expect(refused.output).toContain('may be written to by others');
  });

  it.each(MODES)('of a successor replaces the old one atomically (%p)', async (mode) => {
    const { program, folder, path } = await up(mode);
    const before = await connect(path);
    const { ino } = statSync(path);
    const upgraded = await before.submit({ kind: 'upgrade' }, WAIT_LIMIT_MS);
    expect(upgraded.ok).toBe(true);
    await eventually(() => statSync(path).ino !== ino, 'the socket is that of the successor');
    const after = await connect(path);
    expect(after.hello.pid).toBe(upgraded.pid);
    expect((await status(after)).workers).toHaveLength(2);
    expect(await after.submit(STOP, WAIT_LIMIT_MS)).toEqual({ ok: true });
    await program.exited;
    expect(isAlive(upgraded.pid!)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  (process.geteuid?.() === 0 ? it : it.skip)('belongs to the user of the tree', async () => {
    const folder = tempDir();
    chownSync(folder, NOBODY, NOBODY);
    const { path } = await up({ chuser: String(NOBODY) }, folder);
    expect(statSync(path)).toMatchObject({ uid: NOBODY });
    expect((await connect(path)).hello.role).toBe('server');
  });
});
