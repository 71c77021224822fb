import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

// The package: its files lie in one folder, and one below that. A bundle that is an ES module has no such name.
const OWN = typeof __dirname === 'undefined' ? undefined : dirname(__dirname);

/** Finds the file, as it was loaded. Undefined: it cannot be determined, as in a bundle. */
export type CallerFile = () => string | undefined;

/**
 * The file that has called into this package. Every process records it, but few need it: V8 makes a stack readable only
 * on access, which takes a hundred times longer than recording it.
 */
export function callerFile(): CallerFile {
  if (OWN === undefined) return () => undefined;
  const holder: { stack?: unknown } = {};
  Error.captureStackTrace(holder, callerFile);
  return () => {
    const file = filesIn(holder)
      .map(pathOf)
      .find((path) => path !== undefined && !path.startsWith(`${OWN}/`));
    return file?.startsWith('/') === true || /^[A-Za-z]:/.test(file ?? '') ? file : undefined;
  };
}

function filesIn(holder: { readonly stack?: unknown }): readonly string[] {
  // eslint-disable-next-line typescript/unbound-method -- it is put back as it was
  const { prepareStackTrace } = Error;
  // Not the text of a stack: source maps would be read for it, and name other files.
  Error.prepareStackTrace = (_error, sites) => sites.flatMap((site) => site.getFileName() ?? []);
  try {
    // On the second access it is the result of the first.
    return holder.stack as readonly string[];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}

function pathOf(name: string): string | undefined {
  if (!name.startsWith('file:')) return name;
  try {
    return fileURLToPath(name);
  } catch {
    return undefined;
  }
}
