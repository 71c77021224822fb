/** Where a service of the engine listens, as opposed to workers. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

const LOOPBACK = '127.0.0.1';
const MAX_PORT = 65535;
// A name or an IPv4 address; an IPv6 address in brackets.
const HOST_AND_PORT = /^(?:\[([\da-f:.]+(?:%[\w.-]+)?)\]|([\w.-]*)):(\d{1,5})$/i;
const PORT_ALONE = /^\d{1,5}$/;

/**
 * 'host:port', '[::1]:port', ':port' or a port alone (loopback), or a path with a slash in it. Undefined: none of
 * these.
 */
export function parseListenAddress(given: unknown): ListenAddress | undefined {
  const text = typeof given === 'number' ? String(given) : given;
  if (typeof text !== 'string') return undefined;
  if (text.includes('/')) return text.includes('\0') ? undefined : { kind: 'unix', path: text };
  if (PORT_ALONE.test(text)) return tcp(LOOPBACK, text);
  const [, six, host, port] = HOST_AND_PORT.exec(text) ?? [];
  if (port === undefined) return undefined;
  if (six !== undefined) return six.includes(':') ? tcp(six, port) : undefined;
  return tcp(host === '' || host === undefined ? LOOPBACK : host, port);
}

function tcp(host: string, port: string): ListenAddress | undefined {
  const number = Number(port);
  return number <= MAX_PORT ? { kind: 'tcp', host, port: number } : undefined;
}

/** In the form in which it is typed. */
export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return address.path;
  const { host, port } = address;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Only processes of this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
