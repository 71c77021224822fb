import { WorkerContext } from '../contract/context';
import type { Worker } from '../contract/worker';
import { captureConsole } from '../logging/console-capture';
import { formatRecord } from '../logging/format';
import { createLineLogger, type LineLogger } from '../logging/line-logger';
import { RecordSender } from '../logging/record-sender';
import { HEARTBEAT_FD, LOG_FD, type BootMessage } from '../process/protocol';
import { consumeWorkerSignals, type WorkerCommand } from './early-signals';
import { Heartbeat } from './heartbeat';
import { ParentLink } from './parent-link';
import { createServerView } from './server-view';
import { SharedSockets } from './shared-sockets';
import { WorkerRunner } from './worker-runner';

/** What the worker process needs of the user's program. */
export interface ProcessWorkerSpec {
  readonly serverPrototype: object;
  readonly makeWorker: (context: WorkerContext<object, object>) => Worker;
}

/** Plays the role of a process worker to its end. Resolves when run() has settled and nothing is left to do. */
export async function playProcessWorker(spec: ProcessWorkerSpec): Promise<number> {
  const link = new ParentLink();
  const boot = link.boot();
  const logger = openLogger(boot);
  endOnUncaught(logger);

  const sockets = new SharedSockets();
  let onOrphaned = (): void => {};
  const heartbeat = new Heartbeat(HEARTBEAT_FD, () => onOrphaned());
  heartbeat.hold();
  heartbeat.start(boot.heartbeatIntervalMs);

  const base = { config: Object.freeze(boot.config) as object, logger };
  const context: WorkerContext<object, object> = new WorkerContext<object, object>(
    base.config,
    logger,
    createServerView(spec.serverPrototype, base, boot.shared, boot.unshared, sockets),
    boot.workerId,
    () => link.send({ type: 'ready' }),
  );
  const runner = new WorkerRunner(make(spec, context, logger), {
    logger,
    onRunning: () => link.send({ type: 'running' }),
    onStopping: () => sockets.close(),
    onSettled: () => heartbeat.release(),
    end: (status) => process.exit(status),
  });

  onOrphaned = once(() => {
    runner.requestStop();
    if (boot.orphanTimeoutMs >= 0) setTimeout(() => process.exit(1), boot.orphanTimeoutMs).unref();
  });
  link.onOrphaned(onOrphaned);
  link.onReload((message) => {
    base.config = Object.freeze(message.config);
    context.config = base.config;
    logger.applySettings(message.log);
    heartbeat.start(message.heartbeatIntervalMs);
    runner.reload();
  });
  consumeWorkerSignals((command) => obey(command, runner));

  const idle = new Promise<number>((resolve) => {
    process.once('beforeExit', (status) => resolve(status));
  });
  await runner.run();
  return idle;
}

function make(spec: ProcessWorkerSpec, context: WorkerContext<object, object>, logger: LineLogger): Worker {
  try {
    return spec.makeWorker(context);
  } catch (error) {
    logger.error('the worker object could not be made, the worker ends with status 1', { error });
    process.exit(1);
  }
}

function obey(command: WorkerCommand, runner: WorkerRunner): void {
  switch (command) {
    case 'stop':
      runner.requestStop();
      return;
    case 'reload':
      runner.reload();
      return;
    case 'dump':
      runner.dump();
  }
}

function openLogger(boot: BootMessage): LineLogger {
  const { log, workerId } = boot;
  const origin = { role: 'worker', workerId, pid: process.pid };
  const sender = new RecordSender(LOG_FD, {
    dropNotice: (lines) =>
      formatRecord(
        { timeMs: Date.now(), level: 'warn', message: 'log lines dropped', fields: { lines }, origin },
        log,
      ),
  });
  const logger = createLineLogger({ ...log, origin, write: (text) => sender.write(text) });
  captureConsole({ stdout: log.captureStdout, stderr: log.captureStderr, logger });
  return logger;
}

/** As Node would end it, but with one record in the log. A program with a handler of its own decides for itself. */
function endOnUncaught(logger: LineLogger): void {
  process.on('uncaughtException', (error, origin) => {
    if (process.listenerCount('uncaughtException') > 1) return;
    const what = origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception';
    logger.error(`${what}, the worker ends with status 1`, { error });
    process.exit(1);
  });
}

function once(callback: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    callback();
  };
}
