import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from '../contract/worker';
import { endWhenIdle } from '../forking/end-when-idle';
import { collectLargeHeap } from '../forking/collect-garbage';
import { setLateFlags } from '../forking/late-flags';
import { loadNative, type NativeForks } from '../forking/native';
import { stackAnswer } from '../forking/stack-answer';
import { WorkerGauge } from '../health/worker-gauge';
import { endBy, tellAsIts } from '../node-internals/forked-process';
import { ownChannel, type OwnChannel } from '../node-internals/own-channel';
import { refuseTracing } from '../node-internals/trace-events';
import {
  decodeMessage,
  LOG_FD,
  WATCHDOG_FD,
  type BootMessage,
  type ChildMessage,
  type TemplateMessage,
} from '../protocol/protocol';
import { encodeRecord } from '../record/framing';
import { createLineLogger, type LineLogger } from '../record/line-logger';
import { reseedRandom } from './forked-self';
import { readExactly } from './read-exactly';
import { rehearse } from './rehearse';
import { rehearseReports } from './rehearse-reports';
import { makeWorkerEnvironment, type WorkerSpec } from './worker-environment';
import {
  beginProof,
  preloaded,
  sceneHere,
  whyNotForked,
  whyNotLastingly,
  type Preloaded,
  type Proof,
} from './template-checks';

// The loop of its thread has a ring of io_uring, which cannot be replaced: workers that start it in one moment abort.
const NO_TRACING =
  "trace events cannot be switched on in a forked worker: use workerStart: 'spawn' to trace this program";

/**
 * This process has loaded the program, and workers are forked from it. Resolves in each of those workers, which then
 * finds all descriptors of a worker where it expects them; never resolves in the template itself.
 */
export async function serveTemplate(spec: WorkerSpec): Promise<void> {
  const channel = ownChannel();
  const given = loadNative();
  const before = preloaded();
  const message = decodeMessage(readExactly) as TemplateMessage | undefined;
  // The process that started it is gone.
  if (!message) process.exit(0);
  if ('reason' in given || !before) {
    return refuse(channel, 'reason' in given ? given.reason : 'its preload has not run');
  }
  const { native } = given;
  channel.send({ type: 'entered' });
  if (message.titles) process.title = message.titles.own;
  const whyNot = (): string | undefined => whyNotForked(sceneHere(before, message.control));
  // While the test process runs, on another CPU, this one gets ready.
  const early = message.proves && whyNot() === undefined ? await beginProof(native) : undefined;
  // A worker's process is twice as slow at its first request without this, and doing it in each worker takes as long.
  await rehearseOnce(spec, message);
  const notLoaded =
    (await whyNotPreloaded(message.preload)) ?? (await unlessAsked(before, callBeforeFork(spec, message)));
  if (notLoaded === undefined) collectLargeHeap();
  const reason =
    notLoaded ??
    (await whyNotLastingly(whyNot)) ??
    (message.proves ? await whyNoProof(early, native) : undefined);
  if (reason !== undefined) return refuse(channel, reason);
  await tell(channel, { type: 'prepared' });
  await fork(native, before, message.control, channel);
  // In a worker: until it gets an id.
  if (message.titles) process.title = message.titles.ofWorkers;
}

/** A hook that waits for a socket never ends: the check after it tells why. */
function unlessAsked(
  { questions }: Preloaded,
  hook: Promise<string | undefined>,
): Promise<string | undefined> {
  const asked = new Promise<undefined>((resolve) => {
    questions.onAsked = () => resolve(undefined);
    if (questions.asked.length > 0) resolve(undefined);
  });
  return Promise.race([hook, asked]);
}

/** What the program had open at first may have made an early one impossible. */
async function whyNoProof(early: Proof | undefined, native: NativeForks): Promise<string | undefined> {
  const { whyNot } = early ?? (await beginProof(native));
  return whyNot;
}

async function fork(
  native: NativeForks,
  before: Preloaded,
  control: number,
  channel: OwnChannel,
): Promise<void> {
  refuseTracing(NO_TRACING);
  setLateFlags();
  const pid = native.serve(control);
  if (pid < 0) return refuse(channel, `its memory cannot be shared with a forked process (errno ${-pid})`);
  before.questions.areAnswered = true;
  endBy((status) => native.end(status));
  native.onIdle(endWhenIdle);
  native.onStackAsked(WATCHDOG_FD, stackAnswer(WATCHDOG_FD));
  tellAsIts(pid);
  reseedRandom(before);
  return undefined;
}

/** As the entry script would load them. */
async function whyNotPreloaded(modules: readonly string[]): Promise<string | undefined> {
  const load = createRequire(process.argv[1] ?? process.cwd());
  for (const name of modules) {
    try {
      await loadOne(load, name);
    } catch (error) {
      return `preload: ${name} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return undefined;
}

async function loadOne(load: NodeJS.Require, name: string): Promise<void> {
  try {
    load(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_REQUIRE_ESM') throw error;
    await import(pathToFileURL(load.resolve(name)).href);
  }
}

/** Logs to the template's own log: the object belongs to no worker. Undefined: it did not fail. */
async function callBeforeFork(spec: WorkerSpec, { prepare }: TemplateMessage): Promise<string | undefined> {
  const { prototype } = spec.workerClass(prepare.group);
  if (Reflect.get(prototype, 'beforeFork') === Worker.prototype.beforeFork) return undefined;
  const boot: BootMessage = { ...prepare, workerId: 0, generation: 0 };
  const logger = createLineLogger({
    ...prepare.log,
    origin: { role: 'template', group: prepare.group, pid: process.pid },
    write: (text) => writeSync(LOG_FD, encodeRecord(text)),
  });
  const place = { boot, gauge: new WorkerGauge('process'), sockets: { open: noSockets }, send: () => {} };
  const { context, unwatch } = makeWorkerEnvironment(spec, place, logger);
  try {
    await spec.makeWorker(context, prepare.group).beforeFork();
    return undefined;
  } catch (error) {
    logger.error('beforeFork() failed; no worker is forked', { error });
    return 'beforeFork() failed';
  } finally {
    unwatch();
  }
}

async function rehearseOnce(spec: WorkerSpec, { prepare }: TemplateMessage): Promise<void> {
  try {
    const alsoRehearse = (logger: LineLogger): void => rehearseReports(logger, prepare);
    await rehearse({ spec, prepare, isOver: () => false, alsoRehearse });
  } catch {
    // Then its workers are slower at their first request.
  }
}

function noSockets(): never {
  throw new Error('a socket of the server cannot be opened in beforeFork()');
}

/** It waits to be ended. */
async function refuse(channel: OwnChannel, reason: string): Promise<never> {
  await tell(channel, { type: 'cannot_fork', reason });
  process.exit(0);
}

/** Resolves once the message is sent: otherwise each forked process would write what is left in the channel. */
function tell(channel: OwnChannel, message: ChildMessage): Promise<void> {
  return new Promise((resolve) => channel.send(message, resolve));
}
