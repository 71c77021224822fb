import { dirname, join } from 'node:path';
import ts from 'typescript';
import { documents, ROOT, typescriptBlocks } from './markdown';

const blocks = documents().flatMap(typescriptBlocks);

// Every document is a folder of its own: its blocks may import one another.
const files = new Map(
  blocks.map(({ document, name, code }) => [join(ROOT, '__tests__/blocks', document, name), code] as const),
);

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

/** As an editor has it: the blocks and the program above are files, though they are not on the disk. */
function languageService(): ts.LanguageService {
  const written = new Map([...files, [PROGRAM, MARKED]]);
  const folders = new Set([...written.keys()].map((path) => dirname(path)));
  const compilerOptions = options();
  const read = (path: string): string | undefined => written.get(path) ?? ts.sys.readFile(path);
  return ts.createLanguageService({
    getCompilationSettings: () => compilerOptions,
    getScriptFileNames: () => [...written.keys()],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => {
      const text = read(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => ROOT,
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    fileExists: (path) => written.has(path) || ts.sys.fileExists(path),
    readFile: read,
    directoryExists: (path) => folders.has(path) || ts.sys.directoryExists(path),
    getDirectories: (path) => ts.sys.getDirectories(path),
  });
}

function options(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: unknown;
  };
  const parsed = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, ROOT);
  return { ...parsed.options, noEmit: true, noImplicitOverride: false };
}

// One for all tests: to read the types of the package and of its libraries takes seconds.
const service = languageService();

function describeProblem({ file, start = 0, messageText }: ts.Diagnostic): string {
  const line = file ? `${file.fileName}:${file.getLineAndCharacterOfPosition(start).line + 1}` : '';
  return `${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}

describe('code in the documentation', () => {
  it('begins with its file name, each name once in a document', () => {
    expect(blocks.filter(({ name }) => name === '')).toEqual([]);
    expect(files.size).toBe(blocks.length);
  });

  it('compiles against the source, as strictly as a user may be', () => {
    // What is wrong in src itself is told by the type check of the whole.
    const found = [...files.keys()].flatMap((path) => [
      ...service.getSyntacticDiagnostics(path),
      ...service.getSemanticDiagnostics(path),
    ]);
    expect([...service.getCompilerOptionsDiagnostics(), ...found].map(describeProblem)).toEqual([]);
  });

  it.each(['README.md'])('%s: the first worker has at most 20 lines', (document) => {
    const [first] = typescriptBlocks(document);
    expect(first?.code.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
  });
});

/** What an editor shows at each mark. */
function hovers(): ReadonlyMap<string, string> {
  return new Map(
    [...MARKED.matchAll(/\/\*\*\/(\w+)/g)].map(({ index, 1: name }): [string, string] => {
      const info = service.getQuickInfoAtPosition(PROGRAM, index + '/**/'.length);
      return [name!, ts.displayPartsToString(info?.documentation)];
    }),
  );
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
