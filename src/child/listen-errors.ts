import net from 'node:net';
import { getSystemErrorMap } from 'node:util';
import { whileErrorsAreEmitted } from '../node-internals/server-hooks';

/** What Node asks the parent for: no address means all addresses, port -1 a path. */
interface AskedFor {
  readonly address?: string | null;
  readonly port?: number;
}

/**
 * Runs a function that may emit the error of a failed listen(). Node's cluster child reports `bind EADDRINUSE
 * null:8080` where a single process reports `listen EADDRINUSE: address already in use :::8080`: users get the latter.
 */
export function withWholeErrors(asker: object, askedFor: AskedFor, run: () => void): void {
  if (!(asker instanceof net.Server)) {
    run();
    return;
  }
  whileErrorsAreEmitted(asker, (error) => complete(error, askedFor), run);
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
  // The stack contains the message.
  if (given.stack !== undefined) given.stack = given.stack.replace(message, given.message);
  given.syscall = 'listen';
  given.address = host;
}
