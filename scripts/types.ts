/**
 * Runs all checks that need the compiler, in one program: the types of the source, the code in the documents under
 * the strictest options of a user, the hover texts of config keys, and whether docs/events.md and the report of the
 * public API are up to date. Exits with 1 on a problem.
 *
 *   node --import tsx scripts/types.ts
 */
import ts from 'typescript';
import { API_REPORT, apiReport } from './docs/api-report';
import { EVENTS_PAGE, eventsPage } from './docs/events-page';
import { MadeFile } from './docs/made-file';
import { everything, type Everything } from './types/everything';
import { hoverProblems } from './types/hovers';

/** A missing `override`: users need not write it. */
const MISSING_OVERRIDE: readonly number[] = [4114, 4115, 4116];

const HOST: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (path) => path,
  getCurrentDirectory: () => process.cwd(),
  getNewLine: () => '\n',
};

function problemsOf({ program, source, blocks }: Everything): readonly ts.Diagnostic[] {
  const of = (path: string): readonly ts.Diagnostic[] => {
    const file = program.getSourceFile(path);
    if (!file) throw new Error(`the compiler has no ${path}`);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  };
  return [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...source.flatMap(of),
    ...program.getDeclarationDiagnostics(),
    ...blocks.flatMap(of).filter(({ code }) => !MISSING_OVERRIDE.includes(code)),
  ];
}

async function main(): Promise<void> {
  const all = everything();
  const problems = problemsOf(all);
  const hovers = hoverProblems(all.service, all.marked);
  for (const problem of hovers) console.error(problem);
  if (problems.length > 0) console.error(ts.formatDiagnostics(problems, HOST));
  if (problems.length + hovers.length > 0) process.exitCode = 1;
  (await MadeFile.of(API_REPORT, apiReport(all.program))).check();
  (await MadeFile.of(EVENTS_PAGE, eventsPage())).check();
}

void main();
