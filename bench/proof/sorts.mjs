// The sorts of load. Each is a lane that repeats a request until it is told to end, and records the results.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { clearInterval, clearTimeout } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpConnection } from './http-connection.mjs';

const LIMIT_MS = 15_000;
const PIECES = Array.from({ length: 4 }, () => 'x'.repeat(500));
const PIECE_PAUSE_MS = 75;
// The queue of a socket holds about 270 small datagrams, and workers may be away for 2 s.
const DATAGRAM_EVERY_MS = 16;

const between = (least, most) => least + Math.floor(Math.random() * (most - least + 1));

/** A lane: (what it asks, the tally of its sort, whether to end) → a promise of its end. */
export const SORTS = {
  short: (target, tally, isOver) => freshConnections(target, tally, isOver),
  unix: (target, tally, isOver) => freshConnections(target, tally, isOver),
  lines: sharedLines,
  keepAlive: (target, tally, isOver) =>
    keptConnection(target, tally, isOver, () => ({ pauseMs: between(0, 5) })),
  // Pauses between requests are as long as a draining worker waits before it takes a connection for idle, and longer.
  thinking: (target, tally, isOver) =>
    keptConnection(target, tally, isOver, () => ({ pauseMs: between(60, 400) })),
  slowBody: (target, tally, isOver) => keptConnection(target, tally, isOver, slowBody),
  nginx: (target, tally, isOver) =>
    keptConnection(target, tally, isOver, () =>
      Math.random() < 0.3
        ? { pieces: [PIECES[0]], pieceMs: 0, pauseMs: between(0, 100) }
        : { pauseMs: between(0, 100) },
    ),
  udp: datagrams,
};

function slowBody() {
  return { pieces: PIECES, pieceMs: PIECE_PAUSE_MS, isChunked: Math.random() < 0.5, pauseMs: between(0, 20) };
}

/** Counts the results of requests of one sort. */
export class Tally {
  static #next = 0;
  #prefix;
  asked = 0;
  answered = 0;
  slowestMs = 0;
  retried = 0;
  /** Repeated because the request had reached the server and was discarded unread. */
  reset = [];
  /** Refused connections and lost requests, with details of each. */
  refused = [];
  lost = [];

  constructor(prefix) {
    this.#prefix = prefix;
  }

  /** Records one request. `ask` resolves with the answer to that id. */
  async count(ownMs, ask) {
    const id = `${this.#prefix}-${(Tally.#next += 1)}`;
    const startedAt = performance.now();
    this.asked += 1;
    try {
      await ask(id);
      this.answered += 1;
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt - ownMs);
    } catch (error) {
      this.fail(id, error, startedAt);
      await sleep(5);
    }
  }

  fail(id, error, startedAt) {
    const failure = {
      id,
      at: Date.now(),
      why: error.message,
      afterMs: Math.round(performance.now() - startedAt),
    };
    (error.isRefused ? this.refused : this.lost).push(failure);
  }
}

async function freshConnections(target, tally, isOver) {
  while (!isOver()) {
    const delayMs = between(0, 5);
    await tally.count(delayMs, async (id) => {
      const connection = new HttpConnection(target);
      check(await connection.request({ path: `/${id}?${delayMs}`, close: true }), `${id} 0`);
    });
    await sleep(between(0, 25));
  }
}

/** One connection, for as long as the server keeps it. */
async function keptConnection(target, tally, isOver, next) {
  let connection = new HttpConnection(target);
  while (!isOver()) {
    const { pieces = [], pieceMs = 0, pauseMs, isChunked } = next();
    const delayMs = between(5, 50);
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    await tally.count(delayMs + pieces.length * pieceMs, async (id) => {
      const request = { path: `/${id}?${delayMs}`, pieces, pauseMs: pieceMs, isChunked };
      if (!connection.isUsable) connection = new HttpConnection(target);
      try {
        check(await connection.request(request), `${id} ${length}`);
      } catch (error) {
        if (error.isClosedBefore) tally.retried += 1;
        else if (error.isReset) tally.reset.push({ id, at: Date.now(), why: error.message, afterMs: 0 });
        else throw error;
        connection = new HttpConnection(target);
        check(await connection.request(request), `${id} ${length}`);
      }
    });
    await sleep(pauseMs);
  }
  connection.close();
}

function check({ status, body }, expected) {
  if (status !== 200 || body !== expected)
    throw new Error(`status ${status}, ${JSON.stringify(body.slice(0, 40))}`);
}

/** Not HTTP: a line on its own connection, which is echoed. */
async function sharedLines({ port }, tally, isOver) {
  while (!isOver()) {
    await tally.count(0, (id) => askLine(port, id));
    await sleep(between(0, 25));
  }
}

function askLine(port, id) {
  return new Promise((resolve, reject) => {
    let text = '';
    let isOpen = false;
    const socket = connect(port, '127.0.0.1', () => {
      isOpen = true;
      socket.write(id);
    });
    socket.setEncoding('latin1');
    const fail = (why) => {
      socket.destroy();
      reject(Object.assign(new Error(why), { isRefused: !isOpen }));
    };
    const timer = setTimeout(() => fail('no answer'), LIMIT_MS);
    socket.on('data', (chunk) => (text += chunk));
    socket.on('error', ({ code }) => fail(code));
    socket.on('close', () => {
      clearTimeout(timer);
      if (text === id) resolve();
      else fail(`closed after ${text.length} bytes`);
    });
  });
}

/** Numbered datagrams at a steady rate, without waiting for the echoes. */
async function datagrams({ port }, tally, isOver) {
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.connect(port, '127.0.0.1', resolve));
  socket.setRecvBufferSize(2 ** 21);
  const waiting = new Map();
  socket.on('message', (message) => waiting.get(message.toString())?.());
  socket.on('error', (error) => {
    tally.fail('-', Object.assign(error, { isRefused: true }), performance.now());
  });
  const pending = new Set();
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      if (isOver()) {
        clearInterval(timer);
        resolve();
        return;
      }
      const one = tally.count(0, (id) => echoed(socket, waiting, id)).then(() => pending.delete(one));
      pending.add(one);
    }, DATAGRAM_EVERY_MS);
  });
  await Promise.all(pending);
  socket.close();
}

function echoed(socket, waiting, id) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no echo')), LIMIT_MS);
    waiting.set(id, () => {
      clearTimeout(timer);
      waiting.delete(id);
      resolve();
    });
    socket.send(id);
  });
}
