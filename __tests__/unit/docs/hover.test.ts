import { join } from 'node:path';
import * as ts from 'typescript';

const ROOT = join(__dirname, '../../..');
const PROGRAM = join(ROOT, 'hover-program.ts');

/** What an editor is asked about: the cursor stands on each name that has a mark before it. */
const MARKED = `
import { Server, ServerEngine, Worker, server, worker } from './src/index';

@server({ /**/drainDelay: '5s', /**/logRotateSize: '10MB', /**/restartServerProcess: true })
class MyServer extends Server {}

@worker({ /**/type: 'process', /**/heartbeatTimeout: '3m', /**/workers: 'auto' })
class MyWorker extends Worker<{ port: number }, MyServer> {}

ServerEngine.create(MyServer, MyWorker, {
  /**/workerHeartbeatTimeout: 60,
  /**/workerGracefulKillTimeout: -1,
  /**/pidPath: 'my.pid',
  /**/restartStrategy: 'rolling',
  port: 9071,
}).run();
`;

/** As an editor asks for it. */
function hovers(): ReadonlyMap<string, string> {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...config.compilerOptions, types: ['node'], paths: {} },
    ROOT,
  );
  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => options,
    getScriptFileNames: () => [PROGRAM],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => {
      const text = path === PROGRAM ? MARKED : ts.sys.readFile(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => ROOT,
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    fileExists: (path) => path === PROGRAM || ts.sys.fileExists(path),
    readFile: (path) => (path === PROGRAM ? MARKED : ts.sys.readFile(path)),
    directoryExists: (path) => ts.sys.directoryExists(path),
    getDirectories: (path) => ts.sys.getDirectories(path),
  };
  const service = ts.createLanguageService(host);
  const found = [...MARKED.matchAll(/\/\*\*\/(\w+)/g)].map(({ index, 1: name }): [string, string] => {
    const info = service.getQuickInfoAtPosition(PROGRAM, index + '/**/'.length);
    return [name!, ts.displayPartsToString(info?.documentation)];
  });
  return new Map(found);
}

describe('what an editor shows of a key', () => {
  let shown: ReadonlyMap<string, string>;
  beforeAll(() => {
    shown = hovers();
  });

  it.each([
    ['drainDelay', 'Graceful stop of the server', 'seconds >= 0', 'Default: `0`. Takes effect on reload.'],
    [
      'logRotateSize',
      'rotated',
      'bytes >= 0',
      'Default: `1048576`. A change needs a restart.',
      '`log_rotate_size`',
    ],
    ['restartServerProcess', 'server process', 'true or false', 'Default: `false`.'],
    ['type', 'How a worker runs', "'embedded', 'thread', 'process', 'spawn'", 'In the config: `workerType`.'],
    [
      'heartbeatTimeout',
      'without a heartbeat',
      'Default: `180`.',
      'In the config: `workerHeartbeatTimeout`.',
    ],
    ['workers', 'How many workers', "'auto'", 'Default: `1`.', "Ruby's ServerEngine: `workers`."],
    ['workerHeartbeatTimeout', 'without a heartbeat', 'As an option of `@worker`: `heartbeatTimeout`.'],
    ['workerGracefulKillTimeout', '-1 for never', 'Default: `600`.', '`worker_graceful_kill_timeout`'],
    ['pidPath', 'Path of the pid file', 'Default: none.', '`pid_path`'],
    ['restartStrategy', 'the replacement is ready', "Default: `'auto'`. Takes effect on reload."],
  ])('%s: its meaning, unit, default, whether a reload takes it, the original', (name, ...texts) => {
    const hover = shown.get(name)?.replace(/\s+/g, ' ');
    for (const text of texts) expect(hover).toContain(text);
  });
});
