import { systemClock } from '../common/clock';
import type { WorkerContext } from '../contract/context';
import { hookOfWorker } from '../contract/message-hook';
import type { Worker } from '../contract/worker';
import { Conversation } from '../messages/conversation';
import { encodeBody } from '../messages/message-body';
import { captureConsole } from '../record/console-capture';
import { createLineLogger, type LineLogger } from '../record/line-logger';
import { workerOrigin } from '../record/record';
import type { ListeningServers } from './listening-servers';
import { makeWorkerEnvironment, type WorkerSpec } from './worker-environment';
import { writeWorkerDump } from './worker-dump';
import type { WorkerCommand, WorkerHost } from './worker-host';
import { WorkerRunner } from './worker-runner';

/** Runs a worker to its end. Resolves when run() has settled and nothing is left to do. */
export async function playWorker(spec: WorkerSpec, place: WorkerHost): Promise<number> {
  const { boot, heartbeat, gauge } = place;
  const logger = openLogger(place);
  endOnUncaught(logger);
  if (boot.measuresLoop) gauge.measureLoop();
  heartbeat.hold();
  heartbeat.start(boot.heartbeatIntervalMs);
  prepare(place, logger);
  // Before run(), which may block at once.
  if (boot.hasWatchdog || boot.lagWarnMs !== undefined) await place.watch?.(boot.lagWarnMs, logger);

  const conversation = new Conversation({
    peer: () => 'the server',
    post: (message) => place.send(message),
    logger,
  });
  const { servers, readiness, given, context } = makeWorkerEnvironment(spec, place, logger, (message) =>
    conversation.send(encodeBody(message)),
  );
  const worker = make(spec, context, boot.group, logger);
  if (boot.isForked) await callAfterFork(worker, logger);
  const runner = new WorkerRunner(worker, {
    logger,
    onRunning: () => {
      gauge.enter('running');
      place.send({ type: 'running' });
      readiness.entered();
      conversation.open(() => hookOfWorker(worker));
    },
    onStopAsked: () => {
      gauge.enter('stopping');
      place.send({ type: 'stopping' });
      return servers.beginStop();
    },
    onStopping: () => {
      servers.drain();
      void servers.closed().then((connections) => {
        gauge.enter('closed');
        place.send({ type: 'closed', connections });
      });
      void servers.drained().then(() => place.onDrained?.());
    },
    onSettled: () => heartbeat.release(),
    drained: () => servers.drained(),
    end: (status) => process.exit(status),
  });

  place.onUserMessage((message) => conversation.receive(message));
  place.onOrphaned(() => {
    conversation.close('the server process has ended');
    // The tree that replaces this one must get the sockets, whatever this worker still has to finish.
    void servers.acceptNoMore();
    runner.orphaned();
    if (boot.orphanTimeoutMs < 0) return;
    systemClock.after(boot.orphanTimeoutMs, () => process.exit(1), { unref: true });
  });
  let { dump } = boot;
  place.onReload((message) => {
    dump = message.dump;
    given.config = Object.freeze(message.config);
    context.config = given.config;
    logger.applySettings(message.log);
    heartbeat.start(message.heartbeatIntervalMs);
    void place.watch?.(message.lagWarnMs, logger);
    if (message.measuresLoop) gauge.measureLoop();
    runner.reload();
  });
  place.onCommand((command) => {
    obey(command, runner, servers);
    if (command === 'dump')
      writeWorkerDump({ boot, settings: dump, config: given.config, heartbeat, logger });
  }, logger);

  place.onPauseAccepting?.((forMs) => servers.pauseAccepting(forMs));

  const idle = new Promise<number>((resolve) => {
    process.once('beforeExit', (status) => {
      runner.onIdle();
      resolve(status);
    });
  });
  await runner.run();
  return idle;
}

function prepare(place: WorkerHost, logger: LineLogger): void {
  try {
    place.prepare?.(logger);
  } catch (error) {
    logger.error('the worker could not be prepared; it ends with status 1', { error });
    process.exit(1);
  }
}

function make(
  spec: WorkerSpec,
  context: WorkerContext<object, object>,
  group: string | undefined,
  logger: LineLogger,
): Worker {
  try {
    return spec.makeWorker(context, group);
  } catch (error) {
    logger.error('the worker object could not be created; the worker ends with status 1', { error });
    process.exit(1);
  }
}

async function callAfterFork(worker: Worker, logger: LineLogger): Promise<void> {
  try {
    await worker.afterFork();
  } catch (error) {
    logger.error('afterFork() failed; the worker ends with status 1', { error });
    process.exit(1);
  }
}

function obey(command: WorkerCommand, runner: WorkerRunner, servers: ListeningServers): void {
  switch (command) {
    case 'stop':
      runner.requestStop();
      return;
    case 'hurry':
      servers.hurry();
      return;
    case 'reload':
      runner.reload();
      return;
    case 'dump':
      runner.dump();
  }
}

function openLogger({ boot, write }: WorkerHost): LineLogger {
  const { log } = boot;
  const logger = createLineLogger({ ...log, origin: workerOrigin(boot), write });
  captureConsole({ stdout: log.captureStdout, stderr: log.captureStderr, logger });
  return logger;
}

/** As Node would end it, but with one record in the log. A program with its own handler decides itself. */
function endOnUncaught(logger: LineLogger): void {
  process.on('uncaughtException', (error, origin) => {
    if (process.listenerCount('uncaughtException') > 1) return;
    const what = origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception';
    logger.error(`${what}; the worker ends with status 1`, { error });
    process.exit(1);
  });
}
