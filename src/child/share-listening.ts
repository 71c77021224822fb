import type { LogFields } from '../record/logger';
import { aroundBind, aroundListen } from '../node-internals/listen-hooks';
import { OWN_SOCKET } from '../sockets/own-socket';
import { hasReusePort } from '../sockets/reuse-port';

export type Warn = (message: string, fields: LogFields) => void;

/**
 * Decides which sockets of this process are shared through the process above it, in cases where Node's own rule does
 * not help:
 * - `exclusive` on a chosen port or path is removed. Libraries set it by default, and then nothing listens while the
 *   worker is replaced.
 * - A datagram socket without a chosen port keeps its port for itself: its peers answer to that port, and the answers
 *   would reach any of the workers.
 *
 * Returns a function that undoes this.
 */
export function shareListening(scheduling: 'shared' | 'reusePort', warn: Warn): () => void {
  const warnOnce = once(warn);
  const ownQueues = hasReusePort(process.versions.node, process.platform);
  const change = (args: Arguments): Arguments => {
    // Then each port belongs to one worker only, as requested.
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

/** The arguments of a listen() that is shared although it sets `exclusive`; undefined: leave them. */
export function withoutExclusive(args: Arguments): Arguments | undefined {
  const options = optionsOf(args);
  if (!options?.exclusive || options[OWN_SOCKET]) return undefined;
  // Port 0 is different in each worker: it keeps nobody out, and is useless after its owner.
  const isChosen = isPort(options.port) || typeof options.path === 'string';
  return isChosen ? [{ ...options, exclusive: false }, ...args.slice(1)] : undefined;
}

/** The arguments of a bind() for which the port that the system chooses belongs to this process only. */
export function withOwnPort(args: Arguments): Arguments {
  const [first, second] = args;
  const callbacks = args.filter((value) => typeof value === 'function');
  const options = optionsOf(args);
  if (options) {
    // Code that sets exclusive to false has a reason.
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
  let isLogged = false;
  return (message, fields) => {
    if (isLogged) return;
    isLogged = true;
    warn(message, fields);
  };
}
