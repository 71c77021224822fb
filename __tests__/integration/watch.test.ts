import { mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

const PACKAGE = join(__dirname, '../../dist');

const PROGRAM = `
const { ServerEngine, Server, fromFile } = require(${JSON.stringify(PACKAGE)});
const MyServer = require('./server.cjs');
const Web = require('./web.cjs');
ServerEngine.create(MyServer, Web, fromFile(process.argv[2])).run();
`;

const server = (version: number): string => `
const { Server, server } = require(${JSON.stringify(PACKAGE)});
class MyServer extends Server {
  async beforeRun() { this.logger.info('server code ${version}'); }
}
server()(MyServer);
module.exports = MyServer;
`;

const web = (version: number): string => `
const { Worker, worker } = require(${JSON.stringify(PACKAGE)});
class Web extends Worker {
  async run() {
    require('node:http').createServer().listen(0, '127.0.0.1', () => this.logger.info('worker code ${version}'));
    await this.untilStop();
  }
}
worker({ type: 'process', workers: 1 })(Web);
module.exports = Web;
`;

/** Saves as many editors do. */
function save(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}

async function developing(config: Record<string, unknown>) {
  const folder = realpathSync(tempDir());
  const path = (name: string): string => join(folder, name);
  writeFileSync(path('main.cjs'), PROGRAM);
  writeFileSync(path('server.cjs'), server(1));
  writeFileSync(path('web.cjs'), web(1));
  const settings = { watch: true, log: '-', ...config };
  const program = startRecorded(path('main.cjs'), { cwd: folder, config: settings });
  await program.record(/^watching 4 files/);
  await program.record('worker code 1');
  return { program, path, settings };
}

async function workerRestarts(program: RecordedProgram, change: () => void, line: string): Promise<void> {
  const since = program.now;
  change();
  await program.record(line, { since });
  await program.record('rolling restart finished', { since });
}

describe('watch', () => {
  it('restarts workers when a file is changed, added or removed, and keeps them when the program does not load', async () => {
    const { program, path, settings } = await developing({});
    await workerRestarts(program, () => save(path('web.cjs'), web(2)), 'web.cjs changed: workers restart');
    await program.record('worker code 2');

    writeFileSync(path('web.cjs'), `${web(3)}\nconst broken = (;`);
    const broken = await program.record(/^web\.cjs changed, but the program does not load/);
    expect(broken.level).toBe('error');
    expect((await program.record(/SyntaxError/)).message).toContain('const broken = (;');
    expect(program.records(/worker 0 finished/)).toHaveLength(1);
    await workerRestarts(
      program,
      () => writeFileSync(path('web.cjs'), web(3)),
      'web.cjs changed: workers restart',
    );
    await program.record('worker code 3');

    const make = (): void => {
      mkdirSync(path('new/folder'), { recursive: true });
      mkdirSync(path('node_modules/x'), { recursive: true });
      writeFileSync(path('node_modules/x/index.js'), '');
      writeFileSync(path('new/folder/file.mjs'), '');
    };
    await workerRestarts(program, make, 'new/folder/file.mjs is new: workers restart');
    const remove = (): void => rmSync(path('new'), { recursive: true });
    await workerRestarts(program, remove, 'new/folder/file.mjs is gone: workers restart');

    const since = program.now;
    program.setConfig({ ...settings, logLevel: 'info' });
    await program.record(/config\.json changed: the configuration is read again$/, { since });
    await program.record('config changed: logLevel', { since });
    save(path('server.cjs'), server(2));
    await program.record(/^server\.cjs changed: workers restart; the code in the server process stays/);
    expect((await program.stop()).code).toBe(0);
    expect(program.records('server code 2')).toEqual([]);
  });

  it('replaces the server process under a supervisor when its own code changes', async () => {
    const { program, path } = await developing({ supervisor: true });
    save(path('server.cjs'), server(2));
    await program.record('server.cjs changed: the server process restarts, with its workers');
    await program.record('server code 2');
    await program.recordsOf(2, 'worker code 1');
    expect((await program.stop()).code).toBe(0);
  });
});
