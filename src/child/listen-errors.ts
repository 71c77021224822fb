import net from 'node:net';
import { getSystemErrorMap } from 'node:util';

/** What Node asks the parent for: no address means every one, -1 for the port a path. */
interface AskedFor {
  readonly address?: string | null;
  readonly port?: number;
}

/**
 * Runs what may emit the error of a failed listen(). Node's cluster child says `bind EADDRINUSE null:8080` where a single
 * process says `listen EADDRINUSE: address already in use :::8080`: users get the latter.
 */
export function withWholeErrors(asker: object, askedFor: AskedFor, run: () => void): void {
  if (!(asker instanceof net.Server)) {
    run();
    return;
  }
  const own = Object.getOwnPropertyDescriptor(asker, 'emit');
  const emit = asker.emit.bind(asker) as (...args: unknown[]) => boolean;
  const emitWhole = (event: string, ...args: unknown[]): boolean => {
    if (event === 'error') complete(args[0], askedFor);
    return emit(event, ...args);
  };
  Object.defineProperty(asker, 'emit', { value: emitWhole, configurable: true, writable: true });
  try {
    run();
  } finally {
    if (own) Object.defineProperty(asker, 'emit', own);
    else Reflect.deleteProperty(asker, 'emit');
  }
}

function complete(error: unknown, { address, port = -1 }: AskedFor): void {
  const given = error as NodeJS.ErrnoException & { address?: string | null };
  if (given.syscall !== 'bind' || given.errno === undefined) return;
  const [code, what] = getSystemErrorMap().get(given.errno) ?? [];
  if (code === undefined || what === undefined) return;
  const host = address ?? '::';
  const place = port > 0 ? `${host}:${port}` : host;
  const { message } = given;
  given.message = `listen ${code}: ${what} ${place}`;
  // Made with its first line as a part of it.
  if (given.stack !== undefined) given.stack = given.stack.replace(message, given.message);
  given.syscall = 'listen';
  given.address = host;
}
