import 'reflect-metadata';
import * as serverengine from 'serverengine';
import * as tsyringe from 'tsyringe';
import ts from 'typescript';

const MODULES: Readonly<Record<string, unknown>> = { serverengine, tsyringe };

type Program = (require: (name: string) => unknown, exports: object) => void;

/** Compiles a program as the user's compiler would, runs it, and returns its exports. */
export function runProgram(source: string, options: ts.CompilerOptions): Record<string, never> {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, ...options },
  });
  const exports: Record<string, never> = {};
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the program is a test's own
  const program = new Function('require', 'exports', outputText) as Program;
  program((name) => MODULES[name], exports);
  return exports;
}
