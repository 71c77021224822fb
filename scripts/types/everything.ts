import { dirname, join } from 'node:path';
import ts from 'typescript';
import { documents, typescriptBlocks } from '../../__tests__/unit/docs/markdown';
import { MARKED } from './hovers';

const ROOT = join(__dirname, '../..');

/** Files as an editor has them: the code of the documents and the file with marks exist only in memory. */
export interface Everything {
  readonly service: ts.LanguageService;
  readonly program: ts.Program;
  /** The files of src. */
  readonly source: readonly string[];
  /** The code blocks of the documents. */
  readonly blocks: readonly string[];
  readonly marked: string;
}

/**
 * The source and everything that is compiled against it, in one program: parsing takes longer than most of the
 * checks.
 */
export function everything(): Everything {
  const { options, fileNames: source } = parsed();
  // Each document has its own folder, because its blocks may import each other.
  const blocks = new Map(
    documents()
      .flatMap(typescriptBlocks)
      .map(({ document, name, code }) => [join(ROOT, '__tests__/blocks', document, name), code]),
  );
  const marked = join(ROOT, 'hover-program.ts');
  const service = serviceOf(options, source, new Map([...blocks, [marked, MARKED]]));
  const program = service.getProgram();
  if (!program) throw new Error('the compiler made no program');
  return { service, program, source, blocks: [...blocks.keys()], marked };
}

/** The options of the declarations, plus those that the code in the documents needs. */
function parsed(): ts.ParsedCommandLine {
  const read = (name: string) =>
    ts.readConfigFile(join(ROOT, name), (path) => ts.sys.readFile(path)).config as {
      compilerOptions: { paths: object; types: string[] };
    };
  const build = read('tsconfig.build.json');
  const { paths, types } = read('tsconfig.json').compilerOptions;
  Object.assign(build.compilerOptions, { paths, types, rootDir: '.', outDir: '.' });
  return ts.parseJsonConfigFileContent(build, ts.sys, ROOT);
}

function serviceOf(
  options: ts.CompilerOptions,
  source: readonly string[],
  written: ReadonlyMap<string, string>,
): ts.LanguageService {
  const folders = new Set([...written.keys()].map((path) => dirname(path)));
  const read = (path: string): string | undefined => written.get(path) ?? ts.sys.readFile(path);
  return ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [...source, ...written.keys()],
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
