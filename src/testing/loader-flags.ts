/**
 * Flags by which Node loads a program, and whether a value follows. Flags that a test runner adds for itself are not
 * among them.
 */
const LOADING: Readonly<Record<string, boolean>> = {
  '--import': true,
  '--require': true,
  '-r': true,
  '--loader': true,
  '--experimental-loader': true,
  '--conditions': true,
  '-C': true,
  '--experimental-strip-types': false,
  '--experimental-transform-types': false,
  '--enable-source-maps': false,
};

/** The node arguments that load programs: an entry script needs the loaders of its test. */
export function loaderFlags(execArgv: readonly string[]): readonly string[] {
  return execArgv.flatMap((argument, index) => {
    const [name = '', value] = argument.split('=', 2);
    const takesValue = LOADING[name];
    if (takesValue === undefined) return [];
    const next = execArgv[index + 1];
    return takesValue && value === undefined && next !== undefined ? [argument, next] : [argument];
  });
}
