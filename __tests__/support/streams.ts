import { once } from 'node:events';
import http from 'node:http';
import { reapAfterEach } from './reaping';

/** One answer that never ends. */
export interface Stream {
  /** The worker that writes it. */
  readonly pid: number;
  /** How often each thing came. */
  readonly chunks: number;
  readonly isOpen: boolean;
}

export async function openStream(port: number, path = '/endless'): Promise<Stream> {
  const asked = http.get({ host: '127.0.0.1', port, path, agent: false });
  reapAfterEach(() => void asked.destroy());
  const [response] = (await once(asked, 'response')) as [http.IncomingMessage];
  const [first] = (await once(response, 'data')) as [Buffer];
  const stream = { pid: Number.parseInt(first.toString(), 10), chunks: 1, isOpen: true };
  response.on('data', () => {
    stream.chunks += 1;
  });
  for (const end of ['close', 'error']) {
    response.on(end, () => {
      stream.isOpen = false;
    });
  }
  asked.on('error', () => {});
  return stream;
}

/** Opens streams until each of these workers has `each` of them, or more. */
export async function streamsAt(port: number, pids: readonly number[], each = 1): Promise<readonly Stream[]> {
  const streams: Stream[] = [];
  const has = (pid: number): number => streams.filter((stream) => stream.pid === pid).length;
  while (pids.some((pid) => has(pid) < each)) streams.push(await openStream(port));
  return streams;
}
