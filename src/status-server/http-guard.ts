import { isIP } from 'node:net';
import { isLoopback, type ListenAddress } from '../common/listen-address';

/** The parts of a request that are checked. */
export interface GuardedRequest {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`: where a browser says that the request comes from. */
  readonly fetchSite: string | undefined;
}

export interface Refusal {
  readonly status: 400 | 403 | 405 | 421;
  readonly why: string;
}

/**
 * A page of another site must not read the status or act on it through the browser of somebody who can reach this address. On
 * loopback, the Host header gives away a name that another site has pointed here (DNS rebinding).
 */
export function refusalOf(
  request: GuardedRequest,
  methods: readonly string[],
  at: ListenAddress,
): Refusal | undefined {
  const { method, host, origin, fetchSite } = request;
  if (!methods.includes(method)) return { status: 405, why: `allowed here: ${methods.join(', ')}` };
  if (host === undefined) return { status: 400, why: 'a request needs a Host header' };
  if (at.kind === 'tcp' && isLoopback(at.host) && !isLoopbackName(hostNameOf(host)))
    return {
      status: 421,
      why: 'this server only answers to localhost: use that name, or a loopback address',
    };
  if (method !== 'POST') return undefined;
  if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none')
    return { status: 403, why: 'a page of another origin must not act here' };
  // A proxy in front may speak https.
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    return { status: 403, why: 'a page of another origin must not act here' };
  return undefined;
}

function hostNameOf(host: string): string {
  return host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

function isLoopbackName(name: string): boolean {
  if (isLoopback(name) || name.endsWith('.localhost')) return true;
  return isIP(name) === 6 && (name === '::1' || name.startsWith('::ffff:127.'));
}
