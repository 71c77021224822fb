import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { start, type Program } from '../support/program';
import { byStart, spawnedOnly } from '../support/worker-start';

const OF_ALL = ['dist/index.js', 'dist/lib/core.js'];
const OF_WORKERS = [...OF_ALL, 'dist/lib/worker.js'];
const BUILT = `native/built/fork-linux-${process.arch}.node`;
const itForked = existsSync(join(__dirname, '../..', BUILT)) ? it : it.skip;
const OF_PARENTS = [
  ...OF_ALL,
  'dist/lib/parents-base.js',
  'dist/lib/parents-middle.js',
  'dist/lib/parents.js',
];

// One file of C, which no bundle has.
const NATIVE = `native/built/fork-linux-${process.arch}.node`;
const OF_SERVERS = byStart('the server loads what supplies forked workers', {
  spawned: OF_PARENTS,
  forked: [...OF_PARENTS, 'dist/lib/forks.js', 'dist/lib/native-forks.js', NATIVE].sort(),
});

async function loadedBy(program: Program, role: string): Promise<string[]> {
  const line = await program.waitForLine(new RegExp(`loaded by ${role}: `));
  return line.split(': ').at(-1)!.split(' ');
}

/** The modules that a process with a channel to its parent has loaded before it runs any code. */
async function plainModules(): Promise<readonly string[]> {
  const code = 'process.send(process.moduleLoadList.map((entry) => entry.replace("NativeModule ", "")))';
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [names] = (await once(child, 'message')) as [string[]];
  child.kill();
  return names;
}

/** A program without a schema, a container or a file to read: it needs no package. */
async function running(config: Record<string, unknown>): Promise<Program> {
  const program = start('loaded', { config: { workers: 1, ...config } });
  await program.waitForLine(/worker 0 is running/);
  return program;
}

// Checks a list, not a time: it fails for a new import, not on a busy machine.
describe('the modules that a process loads', () => {
  const ofProcess = spawnedOnly('the template has loaded more modules, once for all workers');

  const areOf = async (workerType: string, files: readonly string[]): Promise<void> => {
    const program = await running({ workerType });
    program.signal('SIGCONT');
    expect(await loadedBy(program, 'worker')).toEqual(files);
    expect((await program.stop()).code).toBe(0);
  };

  ofProcess('are only its own files and no package in a process worker', () => areOf('process', OF_WORKERS));

  it('are only its own files and no package in a thread worker', () =>
    areOf('thread', [...OF_ALL, 'dist/lib/thread.js', 'dist/lib/worker.js']));

  // It also rehearses, as a standby does.
  itForked('are those of a worker and few more in a forked worker', async () => {
    const program = await running({ workerType: 'process', workerStart: 'fork' });
    program.signal('SIGCONT');
    expect(await loadedBy(program, 'worker')).toEqual([
      'dist/child/template-preload.js',
      ...OF_ALL,
      'dist/lib/native-forks.js',
      'dist/lib/rehearse.js',
      'dist/lib/template.js',
      'dist/lib/worker.js',
      BUILT,
    ]);
    expect((await program.stop()).code).toBe(0);
  });

  it('are the files of parents and no package in a server without a supervisor', async () => {
    const program = await running({ workerType: 'process' });
    program.signal('SIGCONT');
    expect(await loadedBy(program, 'server')).toEqual(OF_SERVERS);
    expect((await program.stop()).code).toBe(0);
  });

  ofProcess('of Node are those of a plain process and those that the role needs', async () => {
    const program = await running({ workerType: 'process' });
    const plain = new Set(await plainModules());
    program.signal('SIGCONT');
    const beyond = async (role: string): Promise<string[]> => {
      const line = await program.waitForLine(new RegExp(`of Node by ${role}: `));
      return line
        .split(': ')
        .at(-1)!
        .split(' ')
        .filter((name) => !plain.has(name));
    };
    // Which of these a plain process has already differs between versions. cluster: Node itself loads it there; v8: the
    // first message; vm: code that the parent has compiled; os: the names of signals; tty: whether the log is a terminal.
    expect(['cluster', 'v8', 'vm']).toEqual(expect.arrayContaining(await beyond('worker')));
    expect(['os', 'tty', 'v8', 'vm']).toEqual(expect.arrayContaining(await beyond('server')));
    expect((await program.stop()).code).toBe(0);
  });

  it('are those of parents in a supervisor and its server', async () => {
    const program = await running({ workerType: 'process', supervisor: true });
    // The token of the tree, which needs node:crypto.
    const ofSupervisor = [...OF_PARENTS, 'dist/lib/socket-manager-token.js', 'dist/lib/supervisor.js'];
    expect(await loadedBy(program, 'supervisor')).toEqual(ofSupervisor);
    program.signal('SIGCONT');
    expect(await loadedBy(program, 'server')).toEqual(OF_SERVERS);
    expect((await program.stop()).code).toBe(0);
  });

  it('contain only ASCII: one character beyond Latin-1 doubles the memory that V8 takes for a file', () => {
    const dist = join(__dirname, '../../dist');
    const files = ['.', 'lib'].flatMap((folder) =>
      readdirSync(join(dist, folder)).map((name) => join(folder, name)),
    );
    const built = files.filter((name) => name.endsWith('.js'));
    expect(built).toContain('lib/core.js');
    expect(built.filter((name) => /[^\0-\x7f]/.test(readFileSync(join(dist, name), 'utf8')))).toEqual([]);
  });

  it('of workers contain no code that only parents run', () => {
    const text = readFileSync(join(__dirname, '../../.build/contents.json'), 'utf8');
    const { 'lib/core.js': ofAll = [], 'lib/worker.js': ofWorkers = [] } = JSON.parse(text) as Record<
      string,
      string[]
    >;
    const rooms = new Set([...ofAll, ...ofWorkers].map((name) => name.split('/')[0]));
    expect(ofAll).toContain('index');
    expect(ofWorkers).toContain('child/process-worker');
    expect(
      [...rooms].filter((room) => ['servers', 'supervisor', 'control', 'diagnostics'].includes(room!)),
    ).toEqual([]);
  });
});
