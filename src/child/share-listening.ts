import type { LogFields } from '../record/logger';
import { aroundBind, aroundListen } from '../node-internals/listen-hooks';
import { OWN_SOCKET } from '../sockets/own-socket';
import { hasReusePort } from '../sockets/reuse-port';

export type Warn = (message: string, fields: LogFields) => void;

/**
 * Decides what of this process is shared through the process above it, where Node's own rule is of no use:
 * - `exclusive` on a chosen port or path is taken out. Libraries set it without being asked, and then nobody listens
 *   while the worker is replaced.
 * - A datagram socket without a chosen port keeps it for itself: its peers answer to that port, and the answers would
 *   go to any of the workers.
 *
 * Returns what ends that.
 */
export function shareListening(scheduling: 'shared' | 'reusePort', warn: Warn): () => void {
  const warnOnce = once(warn);
  const ownQueues = hasReusePort(process.versions.node, process.platform);
  const change = (args: Arguments): Arguments => {
    // Each port is its worker's own then, and that was asked for.
    if (scheduling === 'reusePort' && isPort(optionsOf(args)?.port)) return args;
    if (ownQueues && asksForReusePort(args)) {
      warnOnce(...HAS_OWN_QUEUE);
      return args;
    }
    const shared = withoutExclusive(args);
    if (shared) warnOnce(...wasShared(shared));
    return shared ?? args;
  };
  const undoListen = aroundListen((_server, args, listen) => listen(...change(args)));
  const undoBind = aroundBind((_socket, args, bind) => bind(...withOwnPort(args)));
  return () => {
    undoListen();
    undoBind();
  };
}

type Arguments = readonly unknown[];

interface GivenOptions {
  readonly port?: unknown;
  readonly path?: unknown;
  readonly address?: unknown;
  readonly fd?: unknown;
  readonly exclusive?: unknown;
  readonly reusePort?: unknown;
  readonly [OWN_SOCKET]?: true;
}

/** The arguments of a listen() that will be shared although it says `exclusive`; undefined: leave them. */
export function withoutExclusive(args: Arguments): Arguments | undefined {
  const options = optionsOf(args);
  if (!options?.exclusive || options[OWN_SOCKET]) return undefined;
  // Port 0 is another one for each: nobody is kept out, and nobody needs it after its owner.
  const isChosen = isPort(options.port) || typeof options.path === 'string';
  return isChosen ? [{ ...options, exclusive: false }, ...args.slice(1)] : undefined;
}

/** The arguments of a bind() such that the port which the system chooses is this process's own. */
export function withOwnPort(args: Arguments): Arguments {
  const [first, second] = args;
  const callbacks = args.filter((value) => typeof value === 'function');
  const options = optionsOf(args);
  if (options) {
    // Who says that it is not exclusive has thought of it.
    const isOwn = options.fd === undefined && !isPort(options.port) && options.exclusive === undefined;
    return isOwn && !isHandle(options) ? [{ ...options, exclusive: true }, ...args.slice(1)] : args;
  }
  if (isPort(first)) return args;
  const address = typeof second === 'string' ? { address: second } : {};
  return [{ port: 0, exclusive: true, ...address }, ...callbacks];
}

function asksForReusePort(args: Arguments): boolean {
  const options = optionsOf(args);
  return options?.reusePort === true && isPort(options.port);
}

function optionsOf([first]: Arguments): GivenOptions | undefined {
  return typeof first === 'object' && first !== null ? first : undefined;
}

function isPort(port: unknown): boolean {
  return (typeof port === 'number' || typeof port === 'string') && Number(port) > 0;
}

function isHandle(options: object): boolean {
  return 'recvStart' in options;
}

function wasShared(args: Arguments): Parameters<Warn> {
  const { port, path } = optionsOf(args) ?? {};
  return [
    'listen({ exclusive: true }) is still shared with the other workers: ' +
      'otherwise connections would be refused while this one is replaced. ' +
      'A server that only this worker may have needs its own port, such as 0 or port + workerId',
    path === undefined ? { port } : { path },
  ];
}

const HAS_OWN_QUEUE: Parameters<Warn> = [
  'listen({ reusePort: true }) gives this worker its own queue: connections that wait in it are reset when the ' +
    "worker ends. Leave reusePort out, or set socketScheduling: 'reusePort' if you want that",
  {},
];

function once(warn: Warn): Warn {
  let isSaid = false;
  return (message, fields) => {
    if (isSaid) return;
    isSaid = true;
    warn(message, fields);
  };
}
