/** Runs in a thread of a worker process: answers what its main thread is doing while that is blocked. */
import { Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { every, type RepeatingTimer } from '../common/clock';
import { messageOf } from '../common/errors';
import { LineSplitter } from '../record/line-splitter';
import { BlockWatch } from './block-watch';
import { captureMainThread } from '../hang/main-thread-capture';
import { NoJavaScriptRuns } from '../hang/no-stack';
import { mapFrames, type StackFrame } from '../hang/source-mapped-frames';
import type { BlockedNotice, WatchdogAnswer, WatchdogCommand, WatchdogStart } from './watchdog-protocol';

const { fd, turns } = workerData as WatchdogStart;

/** One capture at a time. */
let last: Promise<unknown> = Promise.resolve();

function capture(isWanted: () => boolean): Promise<readonly StackFrame[] | undefined> {
  const next = last.then(async () => {
    const frames = await captureMainThread();
    return isWanted() ? mapFrames(frames) : undefined;
  });
  last = next.catch(() => {});
  return next;
}

const watch = new BlockWatch({
  turns: new Int32Array(turns),
  now: () => performance.now(),
  capture: (isWanted) => capture(isWanted).catch(() => undefined),
});

let timer: RepeatingTimer | undefined;
parentPort?.on('message', (command: WatchdogCommand) => {
  if (command.type === 'limit') {
    timer?.cancel();
    const intervalMs = watch.setLimit(command.limitMs);
    timer = intervalMs === undefined ? undefined : every(intervalMs, () => watch.look());
    return;
  }
  const { turn, lagMs } = command;
  void watch.seenDuring(turn).then((frames) => {
    const notice: BlockedNotice = { lagMs, frames };
    parentPort?.postMessage(notice);
  });
});

if (fd !== undefined) answerOver(new Socket({ fd, readable: true, writable: true }));

/** Requests of the process above: any line is a question. */
function answerOver(socket: Socket): void {
  const lines = new LineSplitter();
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    lines.push(chunk).forEach(() => void answer(socket));
  });
}

async function answer(socket: Socket): Promise<void> {
  let said: WatchdogAnswer;
  try {
    said = { frames: (await capture(() => true)) ?? [] };
  } catch (error) {
    said = { error: messageOf(error), isUnreachable: error instanceof NoJavaScriptRuns };
  }
  socket.write(`${JSON.stringify(said)}\n`);
}
