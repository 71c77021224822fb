import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { signalPid } from '../support/processes';
import { start, type Program, type StartOptions } from '../support/program';
import { reapAfterEach } from '../support/reaping';
import { tempDir } from '../support/temp-dir';

const SECRET = 'hush-hush';
const DUMPED = 'dump written path=';

interface Started {
  readonly program: Program;
  readonly dir: string;
}

async function running(
  config: Readonly<Record<string, unknown>> = {},
  options: StartOptions = {},
): Promise<Started> {
  const dir = tempDir();
  const program = start('dumps', { ...options, config: { sigdumpDir: dir, ...config } });
  const { workers = 2, workerType } = config as { workers?: number; workerType?: string };
  if (workerType === 'embedded') await program.waitForLine(' listening port=');
  else await program.waitForWorkers(workers);
  return { program, dir };
}

const fileOf = (dir: string, pid: number): string => join(dir, `sigdump-${String(pid)}.log`);
const dumpOf = (dir: string, pid: number): string => readFileSync(fileOf(dir, pid), 'utf8');
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

function serverPid(program: Program): number {
  const [line = ''] = program.matching(/: server process started /);
  return Number(/ pid=(\d+) generation/.exec(line)?.[1]);
}

/** Sends a worker a request that it never answers. */
async function hang(program: Program): Promise<void> {
  const request = http.get({ host: '127.0.0.1', port: await program.port(), path: `/slow?token=${SECRET}` });
  request.on('error', () => {});
  reapAfterEach(() => void request.destroy());
  await program.waitForLine('asked for something slow');
}

describe('CONT to the main process (PARITY: Roles and hooks, Supervisor)', () => {
  const config = {
    supervisor: true,
    password: SECRET,
    database: { url: `postgres://me:${SECRET}@host/db`, user: SECRET },
    motto: SECRET,
  };

  it('writes a dump of supervisor, server and each worker', async () => {
    const { program, dir } = await running(config, { env: { OF_THE_ENVIRONMENT: SECRET } });
    await hang(program);
    program.signal('SIGCONT');
    await program.waitForLines(4, DUMPED);

    const server = serverPid(program);
    const pids = [program.pid, server, ...program.workerPids()];
    expect(readdirSync(dir).sort()).toEqual(pids.map((pid) => `sigdump-${String(pid)}.log`).sort());
    for (const pid of pids) {
      expect(modeOf(fileOf(dir, pid))).toBe('600');
      const text = dumpOf(dir, pid);
      for (const title of [
        'Process',
        'Stack',
        'Event loop',
        'Active resources',
        'Memory',
        'Heap',
        'Config',
      ]) {
        expect(text).toContain(`\n${title}\n  `);
      }
      expect(text).toContain(`\n  pid               ${String(pid)}\n`);
      expect(text).toMatch(/\n {2}serverengine {6}\d+\.\d+\.\d+\n/);
      expect(text).toContain("password: '***'");
      expect(text).toContain('postgres://me:***@host/db');
      expect(text).toContain("motto: '***'");
      expect(text).not.toContain(SECRET);
    }
    expect(dumpOf(dir, program.pid)).toMatch(new RegExp(`Server processes\n.*\n {2}${server} +1 +running`));
    const ofServer = dumpOf(dir, server);
    const port = await program.port();
    expect(ofServer).toContain(`Held sockets\n  tcp 127.0.0.1:${String(port)}\n`);
    expect(ofServer).toContain('delay of the last heartbeats');
    for (const [workerId, pid] of program.workers()) {
      expect(ofServer).toMatch(new RegExp(`\n {2}${workerId} +${pid} +running +1 `));
      expect(dumpOf(dir, pid)).toContain(`dump of worker ${String(workerId)}, pid ${String(pid)}`);
      expect(dumpOf(dir, pid)).toContain(`Listening\n  listening on 127.0.0.1:${String(port)}, `);
    }
    const ofWorkers = program.workerPids().map((pid) => dumpOf(dir, pid));
    expect(
      ofWorkers.filter((text) => text.includes('Active requests\n  answering GET /slow\n')),
    ).toHaveLength(1);
    expect(program.matching('hook Server.dump')).toHaveLength(1);
    expect(program.matching('hook Worker.dump')).toHaveLength(2);
    await program.stop();
  });

  it('appends to the files of an earlier dump', async () => {
    const { program, dir } = await running();
    program.signal('SIGCONT');
    await program.waitForLines(3, DUMPED);
    const since = program.now;
    program.signal('SIGCONT');
    await program.waitForLines(3, DUMPED, { since });
    expect(dumpOf(dir, program.pid).match(/^==== .* dump of server, /gm)).toHaveLength(2);
    await program.stop();
  });

  it('is harmless when the whole process group gets it, as from fg', async () => {
    const { program, dir } = await running();
    program.signalGroup('SIGCONT');
    await program.waitForLines(3, DUMPED);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    for (const pid of [program.pid, ...program.workerPids()]) expect(dumpOf(dir, pid)).toMatch(/^==== /);
    expect(program.matching(/\[(warn|error|fatal)\]/)).toEqual([]);
  });

  it('writes one file for the server and its embedded worker', async () => {
    const { program, dir } = await running({ workerType: 'embedded', workers: 1 });
    program.signal('SIGCONT');
    await program.waitForLine(DUMPED);
    await program.waitForLine('hook Worker.dump');
    expect(readdirSync(dir)).toEqual([`sigdump-${String(program.pid)}.log`]);
    const text = dumpOf(dir, program.pid);
    expect(text).toMatch(/Workers \(embedded\)\n.*\n {2}0 +\d+ +running/);
    expect(text).toContain(`Listening\n  listening on 127.0.0.1:${String(await program.port())}`);
    await program.stop();
  });

  it('writes one file for each thread', async () => {
    const { program, dir } = await running({ workerType: 'thread' });
    program.signal('SIGCONT');
    await program.waitForLines(3, DUMPED);
    const name = `sigdump-${String(program.pid)}`;
    expect(readdirSync(dir).sort()).toEqual([`${name}-thread-0.log`, `${name}-thread-1.log`, `${name}.log`]);
    for (const workerId of [0, 1]) {
      const path = join(dir, `${name}-thread-${String(workerId)}.log`);
      expect(modeOf(path)).toBe('600');
      const text = readFileSync(path, 'utf8');
      expect(text).toContain(`dump of worker ${String(workerId)}, pid ${String(program.pid)}`);
      expect(text).toContain('(a thread of it)');
    }
    await program.stop();
  });
});

describe('a dump', () => {
  it('costs a worker nothing before the first one: the code is not even loaded', async () => {
    const { program } = await running({ workers: 1 });
    await program.waitForLine('hook run isPrepared=false');
    program.signal('SIGCONT');
    await program.waitForLine('hook Worker.dump isPrepared=false');
    await program.waitForLines(2, DUMPED);
    const since = program.now;
    program.signal('SIGCONT');
    await program.waitForLine('hook Worker.dump isPrepared=true', { since });
    await program.stop();
  });

  it('is triggered by the signal that SIGDUMP_SIGNAL names, in supervisor and server (PARITY: Commands)', async () => {
    const { program } = await running({ supervisor: true }, { env: { SIGDUMP_SIGNAL: 'WINCH' } });
    program.signal('SIGCONT');
    await program.waitForLine(/supervisor .*signal ignored: .*signal=SIGCONT/);
    program.signal('SIGWINCH');
    await program.waitForLines(4, DUMPED);
    expect(program.matching(/supervisor .*: dump written/)).toHaveLength(1);
    await program.stop();
  });

  it('is triggered by the engine method and by a word on the command pipe', async () => {
    const { program } = await running({ supervisor: true, commandSender: 'pipe' });
    program.signal('SIGPWR');
    await program.waitForLines(4, DUMPED);
    const since = program.now;
    program.write('DUMP\n');
    await program.waitForLines(4, DUMPED, { since });
    await program.stop();
  });

  it('is triggered only by the engine method with disableSigdump: no signal works, not even to a worker', async () => {
    // CONT is then free for another command.
    const { program, dir } = await running({ supervisor: true, disableSigdump: true, signalReload: 'CONT' });
    const since = program.now;
    for (const pid of program.workerPids()) signalPid(pid, 'SIGCONT');
    program.signal('SIGCONT');
    await program.waitForLine('command reload', { since });
    expect(readdirSync(dir)).toEqual([]);
    expect(program.matching('hook Worker.dump')).toEqual([]);
    program.signal('SIGPWR');
    await program.waitForLines(4, DUMPED);
    expect(program.matching('hook Worker.dump')).toHaveLength(2);
    expect(readdirSync(dir)).toHaveLength(4);
    await program.stop();
  });

  it('goes to the new directory after a reload', async () => {
    const { program } = await running();
    const elsewhere = join(tempDir(), 'elsewhere');
    mkdirSync(elsewhere);
    program.setConfig({ sigdumpDir: elsewhere });
    program.signal('SIGUSR2');
    await program.waitForLine(/config changed.*sigdumpDir/);
    program.signal('SIGCONT');
    await program.waitForLines(3, DUMPED);
    expect(readdirSync(elsewhere)).toHaveLength(3);
    await program.stop();
  });

  it('refuses a symbolic link in its place, changes nothing, and every process keeps running', async () => {
    const { program, dir } = await running();
    const target = join(dir, 'precious');
    writeFileSync(target, 'precious');
    const victim = program.workerPid(1);
    symlinkSync(target, fileOf(dir, victim));
    symlinkSync(join(dir, 'made'), fileOf(dir, program.pid));
    program.signal('SIGCONT');
    const refused = await program.waitForLines(2, 'dump not written');
    for (const line of refused) {
      expect(line).toContain('[warn]');
      expect(line).toContain('reason="there is a symbolic link"');
    }
    await program.waitForLine(DUMPED);
    expect(readFileSync(target, 'utf8')).toBe('precious');
    expect(readdirSync(dir)).not.toContain('made');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(program.matching('unexpectedly')).toEqual([]);
  });

  it('includes a heap snapshot with sigdumpHeap that only its owner can read', async () => {
    const { program, dir } = await running({ workers: 1, sigdumpHeap: true });
    program.signal('SIGCONT');
    const lines = await program.waitForLines(2, 'heap snapshot written path=');
    const name = `sigdump-${String(program.workerPid(0))}`;
    const line = lines.find((text) => text.includes('worker=0'))!;
    const [, path = '', size = ''] = / path=(\S+) bytes=(\d+)/.exec(line)!;
    expect(path).toMatch(new RegExp(`^${dir}/${name}-heap-\\w+/${name}\\.heapsnapshot$`));
    expect(statSync(path).size).toBe(Number(size));
    expect(readFileSync(path, 'latin1').slice(0, 30)).toMatch(/^\{"snapshot":\{"meta":/);
    expect(modeOf(path)).toBe('600');
    expect(modeOf(join(path, '..'))).toBe('700');
    await program.stop();
  });
});
