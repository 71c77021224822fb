import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reapersOf } from '../support/orphan-reapers';
import { Program, ROOT } from './program';

const CONFIG = '05-serverengine.yml';
const SCRIPT = '05-from-yaml.ts';

/** A copy of the sample whose file a test may edit. */
function copyOfSample(): string {
  const folder = mkdtempSync(join(tmpdir(), 'serverengine-sample-'));
  for (const name of [SCRIPT, CONFIG]) copyFileSync(join(ROOT, 'samples', name), join(folder, name));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/serverengine'));
  return folder;
}

/** The pids in the log: supervisor, server, workers. */
async function treeOf(program: Program): Promise<{ supervisor: number; server: number; workers: number[] }> {
  const greetings = await program.waitFor(/worker=\d pid=(\d+): Awesome work!/, 2);
  const [top] = await program.waitFor(/supervisor pid=(\d+): server process started pid=(\d+)/);
  return {
    supervisor: Number(top?.[1]),
    server: Number(top?.[2]),
    workers: greetings.map(([, pid]) => Number(pid)),
  };
}

describe('samples/05-from-yaml.ts', () => {
  let folder = '';
  afterEach(async () => {
    await Program.reapAll();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
    folder = '';
  });

  it('runs a supervisor, a server and two workers from the YAML file until SIGTERM', async () => {
    const program = new Program(`samples/${SCRIPT}`);
    const { supervisor, server, workers } = await treeOf(program);
    expect(new Set([supervisor, server, ...workers]).size).toBe(4);
    expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(program.output.match(/worker \d finished with status 0 .*reason=stop/g)).toHaveLength(2);
    expect(program.output).toContain('supervisor finished status=0');
    expect(await program.isAllGone()).toBe(true);
    expect([...reapersOf(supervisor), ...reapersOf(server)]).toEqual([]);
  });

  it('reloads the file on SIGUSR2, and calls reload() of the workers', async () => {
    folder = copyOfSample();
    const program = new Program(join(folder, SCRIPT), {}, folder);
    const before = await treeOf(program);
    const path = join(folder, CONFIG);
    writeFileSync(path, readFileSync(path, 'utf8').replace('Awesome work!', 'Even better work!'));
    process.kill(before.supervisor, 'SIGUSR2');
    const told = await program.waitFor(/worker=\d pid=(\d+): Even better work! reloaded=true/, 2);
    expect(told.map(([, pid]) => Number(pid)).sort()).toEqual([...before.workers].sort());
    expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await program.isAllGone()).toBe(true);
  });

  it('restarts a killed server with two new workers, and the old workers end', async () => {
    const program = new Program(`samples/${SCRIPT}`);
    const { server, workers } = await treeOf(program);
    process.kill(server, 'SIGKILL');
    await program.waitFor(/server process finished unexpectedly with signal SIGKILL/);
    const greetings = await program.waitFor(/worker=\d pid=(\d+): Awesome work!/, 4);
    expect(greetings.slice(2).map(([, pid]) => Number(pid))).not.toEqual(expect.arrayContaining(workers));
    expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await program.isAllGone()).toBe(true);
  });
});
