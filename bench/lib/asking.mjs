// Sends a contender one question for each connection until its answers are enough.
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

const ANSWER_MS = 1000;
const MOST_OPEN = 64;
const REQUEST = 'GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n';

/** Fast enough to notice a new answer within a few milliseconds. */
export const CLOSELY = { everyMs: 4, atOnce: 2 };
/**
 * The same rate, but as many at once as there are workers: the kernel may give a few connections to the same few
 * workers.
 */
export const allAtOnce = (workers) => ({ everyMs: 2 * workers, atOnce: workers });
/** A client that waits for its answer, and asks again as soon as it has one. */
export const IN_TURN = { everyMs: 1, atOnce: 1, mostOpen: 1 };
/** Next to no load beside another load. */
export const GENTLY = { everyMs: 20, atOnce: 1 };

/**
 * Asks at a steady rate, without waiting for answers, until `isEnough` accepts one. `what` names the goal in the
 * timeout error. `assertAlive` throws when no answer can come any more.
 */
export async function askUntil(port, way, limitMs, what, isEnough, assertAlive = () => {}) {
  const { everyMs, atOnce, mostOpen = MOST_OPEN } = way;
  const deadline = performance.now() + limitMs;
  let isDone = false;
  let open = 0;
  while (!isDone) {
    assertAlive();
    if (performance.now() > deadline) throw new Error(`${what} not within ${limitMs / 1000} s`);
    for (let count = 0; count < atOnce && open < mostOpen; count += 1) {
      open += 1;
      void ask(port).then((answer) => {
        open -= 1;
        if (answer && !isDone) isDone = isEnough(answer);
      });
    }
    await sleep(everyMs);
  }
}

/** Resolves with undefined without an answer. */
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
