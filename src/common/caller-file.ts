import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

// The package: its files lie in one folder, and one below that. A bundle that is an ES module has no such name.
const OWN = typeof __dirname === 'undefined' ? undefined : dirname(__dirname);

/** The file of whoever has called into this package, as it was loaded. Undefined: it cannot be told, as in a bundle. */
export function callerFile(): string | undefined {
  if (OWN === undefined) return undefined;
  // eslint-disable-next-line typescript/unbound-method -- it is put back as it was
  const { prepareStackTrace } = Error;
  let files: readonly string[] = [];
  // Not the text of a stack: source maps would be read for it, and name other files.
  Error.prepareStackTrace = (_error, sites) => {
    files = sites.flatMap((site) => site.getFileName() ?? []);
    return '';
  };
  try {
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, callerFile);
    void holder.stack;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
  const file = files.map(pathOf).find((path) => path !== undefined && !path.startsWith(`${OWN}/`));
  return file?.startsWith('/') === true || /^[A-Za-z]:/.test(file ?? '') ? file : undefined;
}

function pathOf(name: string): string | undefined {
  if (!name.startsWith('file:')) return name;
  try {
    return fileURLToPath(name);
  } catch {
    return undefined;
  }
}
