// Asks a contender, a connection a question, until its answers satisfy.
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

const ANSWER_MS = 1000;
const MOST_OPEN = 64;
const REQUEST = 'GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n';

/** Fast enough to see within a few milliseconds who answers. */
export const CLOSELY = { everyMs: 4, atOnce: 2 };
/** As fast, but as many at once as there are workers: who gets one of a few is up to the kernel, and may be the same few. */
export const allAtOnce = (workers) => ({ everyMs: 2 * workers, atOnce: workers });
/** Next to no load beside another one. */
export const GENTLY = { everyMs: 20, atOnce: 1 };

/**
 * Asks at a steady pace, whether or not the answers come, until `isEnough` says so of an answer.
 * `what`: for the error when that takes too long.
 */
export async function askUntil(port, { everyMs, atOnce }, limitMs, what, isEnough) {
  const deadline = performance.now() + limitMs;
  let isDone = false;
  let open = 0;
  while (!isDone) {
    if (performance.now() > deadline) throw new Error(`${what} not within ${limitMs / 1000} s`);
    for (let count = 0; count < atOnce && open < MOST_OPEN; count += 1) {
      open += 1;
      void ask(port).then((answer) => {
        open -= 1;
        if (answer && !isDone) isDone = isEnough(answer);
      });
    }
    await sleep(everyMs);
  }
}

/** Resolves with undefined when there was no answer. */
function ask(port) {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(REQUEST));
    socket.setTimeout(ANSWER_MS, () => socket.destroy());
    socket.on('data', (chunk) => (text += chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      const match = /\r\n(\d+) ([\d.]+)$/.exec(text);
      resolve(match ? { pid: Number(match[1]), listeningMs: Number(match[2]) } : undefined);
    });
  });
}
