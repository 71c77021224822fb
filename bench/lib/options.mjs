// The command line.

const USAGE = '--quick, --write, --only NAME[,NAME] and --list';

/** @returns {{ isQuick, isWriting, isListing, only: string[] } | { error: string }} */
export function readOptions(args, names) {
  const options = { isQuick: false, isWriting: false, isListing: false, only: [] };
  const rest = [...args];
  while (rest.length > 0) {
    const [option, value] = splitOption(rest.shift());
    if (option === '--quick' && value === undefined) options.isQuick = true;
    else if (option === '--write' && value === undefined) options.isWriting = true;
    else if (option === '--list' && value === undefined) options.isListing = true;
    else if (option === '--only')
      options.only.push(...(value ?? rest.shift() ?? '').split(',').filter(Boolean));
    else return { error: `unknown option ${args.find((arg) => arg.startsWith(option))}; there are ${USAGE}` };
    if (option === '--only' && options.only.length === 0)
      return { error: '--only takes the name of a measure' };
  }
  const unknown = options.only.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    return { error: `unknown measure ${unknown.join(', ')}; there are ${names.join(', ')}` };
  }
  return options;
}

function splitOption(arg) {
  const at = arg.indexOf('=');
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
}
