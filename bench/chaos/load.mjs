// A client process with a steady, low load: new and kept connections to each target. At its end it reports.
//
//   node load.mjs '[{ "name": "web", "port": 8080 }]'
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpConnection } from '../proof/http-connection.mjs';

const LANES = 2;
// Longer than any freeze.
const LIMIT_MS = 40_000;

const targets = JSON.parse(process.argv[2]);
const report = { asked: 0, retried: 0, failures: [] };
let isOver = false;
let ids = 0;
process.once('message', () => (isOver = true));
process.once('disconnect', () => process.exit(1));

const between = (least, most) => least + Math.floor(Math.random() * (most - least + 1));
const lanes = targets.flatMap((target) => [
  ...Array.from({ length: LANES }, () => [freshConnections(target), keptConnection(target)]).flat(),
  ...Array.from({ length: target.held ?? 0 }, () => heldConnection(target)),
]);
process.send('loading');
await Promise.all(lanes);
process.send(report, () => process.exit(0));

async function freshConnections(target) {
  while (!isOver) {
    await count(target, (path) => new HttpConnection(target, LIMIT_MS).request({ path, close: true }));
    await sleep(between(10, 60));
  }
}

async function keptConnection(target) {
  let connection = new HttpConnection(target, LIMIT_MS);
  while (!isOver) {
    await count(target, async (path) => {
      if (!connection.isUsable) connection = new HttpConnection(target, LIMIT_MS);
      try {
        return await connection.request({ path });
      } catch (error) {
        connection = new HttpConnection(target, LIMIT_MS);
        // Every client retries on another connection when a kept one was closed before the request.
        if (!error.isClosedBefore && !error.isReset) throw error;
        report.retried += 1;
        return connection.request({ path });
      }
    });
    await sleep(between(5, 80));
  }
  connection.close();
}

/**
 * Asks once and stays silent until the connection is closed. Many of them give one worker more connections than
 * others.
 */
async function heldConnection(target) {
  while (!isOver) {
    const connection = new HttpConnection(target, LIMIT_MS);
    await count(target, (path) => connection.request({ path }));
    while (!isOver && connection.isUsable) await sleep(between(200, 400));
    connection.close();
  }
}

async function count({ name }, ask) {
  const id = String((ids += 1));
  const startedAt = Date.now();
  report.asked += 1;
  try {
    const { status, body } = await ask(`/${id}?${between(0, 30)}`);
    if (status !== 200 || !body.startsWith(`${id} `))
      throw new Error(`status ${status}, ${body.slice(0, 40)}`);
  } catch (error) {
    const why = error.message;
    report.failures.push({
      name,
      at: startedAt,
      endedAt: Date.now(),
      why,
      isRefused: error.isRefused === true,
    });
    await sleep(20);
  }
}
