/**
 * Compiles projects as `tsc -p` does, in one process. The declarations of TypeScript and Node are read once for all
 * projects, and those of libraries are not checked. Prints the diagnostics of each project as JSON.
 *
 *   node compile.cjs PROJECT...
 */
const { resolve } = require('node:path');
const ts = require('typescript');

/** The libraries check their own declarations. Checking them here takes most of the time. */
const OF_LIBRARIES = /\/node_modules\/(?!serverengine\/)/;
const OF_THE_PLATFORM = /\/node_modules\/(typescript\/lib\/lib\.|@types\/node\/)/;
const HOST = {
  getCanonicalFileName: (path) => path,
  getCurrentDirectory: process.cwd,
  getNewLine: () => '\n',
};

const known = new Map();

function compile(project) {
  const problems = [];
  const onUnRecoverableConfigFileDiagnostic = (problem) => problems.push(problem);
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic };
  const config = ts.getParsedCommandLineOfConfigFile(resolve(project), {}, host);
  if (!config) return problems;
  const program = ts.createProgram(config.fileNames, config.options, sharing(config.options));
  const files = program.getSourceFiles().filter(({ fileName }) => !OF_LIBRARIES.test(fileName));
  problems.push(
    ...config.errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...files.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]),
  );
  // File by file: a check of the whole program would include every library.
  const roots = config.options.noEmit ? [] : config.fileNames.map((name) => program.getSourceFile(name));
  problems.push(...roots.flatMap((file) => program.emit(file).diagnostics));
  return problems;
}

/** Parsed files of the platform depend on a project only by their module resolution. */
function sharing(options) {
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile;
  host.getSourceFile = (path, how, ...rest) => {
    if (!OF_THE_PLATFORM.test(path)) return read(path, how, ...rest);
    const key = JSON.stringify([path, how.languageVersion, how.impliedNodeFormat]);
    if (!known.has(key)) known.set(key, read(path, how, ...rest));
    return known.get(key);
  };
  return host;
}

const complaints = process.argv
  .slice(2)
  .map((project) => [project, ts.formatDiagnostics(compile(project), HOST)]);
process.stdout.write(JSON.stringify(Object.fromEntries(complaints)));
