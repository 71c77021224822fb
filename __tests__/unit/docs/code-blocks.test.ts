import { dirname, join } from 'node:path';
import ts from 'typescript';
import { documents, ROOT, typescriptBlocks } from './markdown';

const blocks = documents().flatMap(typescriptBlocks);

// Every document is a folder of its own: its blocks may import one another.
const files = new Map(
  blocks.map(({ document, name, code }) => [join(ROOT, '__tests__/blocks', document, name), code] as const),
);

describe('code in the documentation', () => {
  it('begins with its file name, each name once in a document', () => {
    expect(blocks.filter(({ name }) => name === '')).toEqual([]);
    expect(files.size).toBe(blocks.length);
  });

  it('compiles against the source, as strictly as a user may be', () => {
    const program = ts.createProgram([...files.keys()], options(), host());
    // What is wrong in src itself is told by the type check of the whole.
    const found = [...files.keys()].flatMap((path) =>
      ts.getPreEmitDiagnostics(program, program.getSourceFile(path)).map(describeProblem),
    );
    expect(found).toEqual([]);
  });

  it.each(['README.md'])('%s: the first worker has at most 20 lines', (document) => {
    const [first] = typescriptBlocks(document);
    expect(first?.code.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
  });
});

function describeProblem({ file, start = 0, messageText }: ts.Diagnostic): string {
  const line = file ? `${file.fileName}:${file.getLineAndCharacterOfPosition(start).line + 1}` : '';
  return `${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}

function options(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: unknown;
  };
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  return { ...parsed.options, noEmit: true, noImplicitOverride: false };
}

/** The file system with the blocks in it. */
function host(): ts.CompilerHost {
  const real = ts.createCompilerHost(options());
  const folders = new Set([...files.keys()].map((path) => dirname(path)));
  return {
    ...real,
    fileExists: (path) => files.has(path) || real.fileExists(path),
    readFile: (path) => files.get(path) ?? real.readFile(path),
    directoryExists: (path) => folders.has(path) || (real.directoryExists?.(path) ?? true),
    getSourceFile: (path, target, ...rest) => {
      const code = files.get(path);
      return code === undefined
        ? real.getSourceFile(path, target, ...rest)
        : ts.createSourceFile(path, code, target);
    },
  };
}
