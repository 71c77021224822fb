import type { ChildExit } from '../watch/child-exit';

/** The exit status of Node when it rejects its command line. */
const REFUSED = 9;

const SAID =
  /: ((?:bad option|illegal value for flag).*|--?[\w-]+ (?:requires an argument|is not allowed in NODE_OPTIONS).*)$/;

/** Why Node itself refused to run the program. Undefined: it ended for another reason. */
export function refusedFlags({ code }: ChildExit, lastLines: readonly string[]): string | undefined {
  const said = code === REFUSED ? lastLines.map((line) => SAID.exec(line)?.[1]).find(Boolean) : undefined;
  return said === undefined
    ? undefined
    : `node refused the flags that it was started with (workerExecArgv, NODE_OPTIONS): ${said}`;
}
