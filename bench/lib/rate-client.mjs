// A client process that sends requests at a fixed rate without waiting for answers: half on kept connections, half on
// new ones.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpConnection } from '../proof/http-connection.mjs';
import { RateSchedule, RateTally } from './rate-schedule.mjs';

const KEPT_CONNECTIONS = 32;

const { port, perSecond } = JSON.parse(process.argv[2]);

let isOver = false;
process.once('message', () => (isOver = true));
process.once('disconnect', () => process.exit(1));

const tally = new RateTally();
const pending = new Set();
const idle = Array.from({ length: KEPT_CONNECTIONS }, () => ({ connection: new HttpConnection({ port }) }));
/** Requests that are due while every kept connection is busy. */
const waiting = [];

const schedule = new RateSchedule(perSecond, performance.now());
process.send('asking');
while (!isOver) {
  for (const { number, dueAt } of schedule.takeDue(performance.now())) {
    track(number % 2 === 0 ? askKept(dueAt) : note(dueAt, askOnce));
  }
  await sleep(Math.max(1, schedule.nextAt - performance.now()));
}
while (pending.size > 0) await Promise.all(pending);
process.send(tally.report(), () => process.exit(0));

function track(asked) {
  pending.add(asked);
  void asked.finally(() => pending.delete(asked));
}

async function note(dueAt, ask) {
  try {
    const { status } = await ask();
    if (status === 200) tally.answered(performance.now() - dueAt);
    else tally.failed(`status ${status}`);
  } catch (error) {
    tally.failed(error.isRefused ? `refused: ${error.code}` : error.message);
  }
}

function askOnce() {
  return new HttpConnection({ port }).request({ path: '/', close: true });
}

async function askKept(dueAt) {
  const lane = idle.shift() ?? (await new Promise((resolve) => waiting.push(resolve)));
  await note(dueAt, () => askOn(lane));
  const next = waiting.shift();
  if (next) next(lane);
  else idle.push(lane);
}

async function askOn(lane) {
  if (!lane.connection.isUsable) lane.connection = new HttpConnection({ port });
  try {
    return await lane.connection.request({ path: '/' });
  } catch (error) {
    if (!error.isClosedBefore) throw error;
    tally.again += 1;
    lane.connection = new HttpConnection({ port });
    return await lane.connection.request({ path: '/' });
  }
}
