import type { ChildExit } from '../watch/child-exit';

/** With it Node refuses its command line, before it runs anything. */
const REFUSED = 9;

const SAID =
  /: ((?:bad option|illegal value for flag).*|--?[\w-]+ (?:requires an argument|is not allowed in NODE_OPTIONS).*)$/;

/** Node itself has refused to run the program, and has said why. Undefined: it was something else. */
export function refusedFlags({ code }: ChildExit, lastLines: readonly string[]): string | undefined {
  const said = code === REFUSED ? lastLines.map((line) => SAID.exec(line)?.[1]).find(Boolean) : undefined;
  return said === undefined
    ? undefined
    : `node refused the flags that it was started with (workerExecArgv, NODE_OPTIONS): ${said}`;
}
