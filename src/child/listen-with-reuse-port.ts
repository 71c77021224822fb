import { aroundListen } from '../node-internals/listen-hooks';

/**
 * Every TCP listen() on a port in this worker gets `reusePort`: its own queue, to which the kernel assigns connections
 * by their hash. A listen() without a port (a unix socket, a handle, port 0, which would be different in each worker)
 * stays as it is.
 * @param onListening such a server accepts.
 */
export function listenWithReusePort(onListening: () => void): void {
  aroundListen((server, args, listen) => {
    const changed = withOption(args);
    if ((changed[0] as { readonly reusePort?: unknown } | null | undefined)?.reusePort === true) {
      server.once('listening', onListening);
    }
    return listen(...changed);
  });
}

/** The arguments of listen(), with the option where it makes sense. */
export function withOption(args: readonly unknown[]): unknown[] {
  const [first, second, third] = args;
  if (typeof first === 'object' && first !== null) {
    const options = first as { readonly port?: unknown; readonly fd?: unknown };
    const isPort = isChosenPort(options.port) && options.fd === undefined;
    return isPort ? [{ ...options, reusePort: true }, ...args.slice(1)] : [...args];
  }
  if (!isChosenPort(first)) return [...args];
  const host = typeof second === 'string' ? { host: second } : {};
  const backlog = [second, third].find((value) => typeof value === 'number');
  const callback = args.find((value) => typeof value === 'function');
  const options = {
    port: Number(first),
    reusePort: true,
    ...host,
    ...(backlog === undefined ? {} : { backlog }),
  };
  return callback === undefined ? [options] : [options, callback];
}

function isChosenPort(port: unknown): boolean {
  return (typeof port === 'number' || (typeof port === 'string' && /^\d+$/.test(port))) && Number(port) > 0;
}
