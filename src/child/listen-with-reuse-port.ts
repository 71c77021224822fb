import net from 'node:net';

type Listen = (this: net.Server, ...args: unknown[]) => net.Server;

/**
 * Every TCP listen() on a port of this worker gets `reusePort`: a queue of its own, filled by the kernel by the hash
 * of the connection. What asks for no port (a unix socket, a handle, port 0, which would be another one in each
 * worker) stays as it is.
 * @param onListening such a server accepts.
 */
export function listenWithReusePort(onListening: () => void): void {
  const listen = Reflect.get(net.Server.prototype, 'listen') as Listen;
  const withReusePort: Listen = function (...args) {
    const changed = withOption(args);
    if ((changed[0] as { readonly reusePort?: unknown } | null | undefined)?.reusePort === true) {
      this.once('listening', onListening);
    }
    return listen.apply(this, changed);
  };
  net.Server.prototype.listen = withReusePort as typeof net.Server.prototype.listen;
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
