import dgram from 'node:dgram';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { WAIT_LIMIT_MS } from './limits';
import { reapAfterEach } from './reaping';

/** Connects, and resolves with everything that the other side sends until it closes. */
export async function ask(where: number | string): Promise<string> {
  const target = typeof where === 'number' ? { port: where, host: '127.0.0.1' } : { path: where };
  return text(net.connect(target));
}

/** Asks over HTTP, on a new connection each time. */
export async function askHttp(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${String(port)}/`, { headers: { connection: 'close' } });
  return response.text();
}

/** Asks a few at a time, until `count` different answers have come. */
export async function differentAnswers(
  count: number,
  askOnce: () => Promise<string>,
): Promise<ReadonlySet<string>> {
  const deadline = Date.now() + WAIT_LIMIT_MS;
  const answers = new Set<string>();
  while (answers.size < count) {
    if (Date.now() > deadline) {
      throw new Error(
        `${String(WAIT_LIMIT_MS)} ms passed with ${String(answers.size)} of ${String(count)} answers`,
      );
    }
    for (const answer of await Promise.all(Array.from({ length: 8 }, askOnce))) answers.add(answer);
  }
  return answers;
}

/** Sends a datagram and resolves with the answer; repeats it until one comes. */
export function askUdp(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket('udp4');
    const send = (): void => socket.send('?', port, '127.0.0.1');
    const again = setInterval(send, 200);
    const timer = setTimeout(() => finish(() => reject(new Error('no datagram came'))), WAIT_LIMIT_MS);
    const finish = (act: () => void): void => {
      clearInterval(again);
      clearTimeout(timer);
      socket.close();
      act();
    };
    socket.once('message', (message) => finish(() => resolve(message.toString())));
    socket.on('error', (error) => finish(() => reject(error)));
    send();
  });
}

/** A port of 127.0.0.1 that is taken as long as the test runs. */
export async function takenPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  reapAfterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return (server.address() as net.AddressInfo).port;
}

export interface AskLoop {
  /** Stops asking; resolves with the outcome of all questions. */
  finish(): Promise<{ readonly answered: number; readonly failures: readonly string[] }>;
}

/** Asks again and again, a few at a time, as fast as the answers come. */
export function askLoop(askOnce: () => Promise<string>, lanes = 3): AskLoop {
  const failures: string[] = [];
  let answered = 0;
  let isOver = false;
  const lane = async (): Promise<void> => {
    while (!isOver) {
      try {
        if ((await askOnce()) === '') failures.push('closed without an answer');
        else answered += 1;
      } catch (error) {
        failures.push(`${String(error)} ${String((error as Error).cause)}`);
      }
    }
  };
  const all = Promise.all(Array.from({ length: lanes }, lane));
  reapAfterEach(() => {
    isOver = true;
  });
  return {
    finish: async () => {
      isOver = true;
      await all;
      return { answered, failures };
    },
  };
}

/** A port of 127.0.0.1 that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
