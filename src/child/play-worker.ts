import { systemClock } from '../common/clock';
import { WorkerContext } from '../contract/context';
import type { Worker } from '../contract/worker';
import { captureConsole } from '../record/console-capture';
import { createLineLogger, type LineLogger } from '../record/line-logger';
import { watchListening } from '../sockets/watch-listening';
import { ListeningServers } from './listening-servers';
import { ReadyWatch } from '../health/ready-watch';
import { createServerView } from './server-view';
import { writeWorkerDump } from './worker-dump';
import type { WorkerCommand, WorkerHost } from './worker-host';
import { WorkerRunner } from './worker-runner';

/** What a worker needs of the user's program. */
export interface WorkerSpec {
  readonly serverPrototype: object;
  /** group: which class of workers, where the engine has several. */
  readonly makeWorker: (context: WorkerContext<object, object>, group: string | undefined) => Worker;
}

/** Plays a worker to its end. Resolves when run() has settled and nothing is left to do. */
export async function playWorker(spec: WorkerSpec, place: WorkerHost): Promise<number> {
  const { boot, sockets, heartbeat, gauge } = place;
  const logger = openLogger(place);
  endOnUncaught(logger);
  if (boot.measuresLoop) gauge.measureLoop();
  heartbeat.hold();
  heartbeat.start(boot.heartbeatIntervalMs);
  prepare(place, logger);
  // Before run(), which may block at once.
  if (boot.hasWatchdog || boot.lagWarnMs !== undefined) await place.watch?.(boot.lagWarnMs, logger);

  const servers = new ListeningServers(boot.closeServers, warnOfRefusal(logger));
  const readiness = new ReadyWatch(
    boot.ready,
    () => place.send({ type: 'ready' }),
    () => place.send({ type: 'ignored_ready' }),
  );
  watchListening({
    onListen: (server) => {
      servers.add(server);
      gauge.watch(server);
      readiness.asked(server);
    },
    onThrow: (server) => {
      servers.failed(server);
      readiness.failed(server);
    },
    onBind: (socket) => {
      servers.addDatagrams(socket);
      readiness.asked(socket);
    },
    onBindThrow: (socket) => readiness.failed(socket),
  });

  const base = { config: Object.freeze(boot.config) as object, logger };
  const context: WorkerContext<object, object> = new WorkerContext<object, object>(
    base.config,
    logger,
    createServerView(spec.serverPrototype, base, boot.shared, boot.unshared, sockets),
    boot.workerId,
    () => readiness.called(),
    () => servers.drained(),
    (count) => gauge.jobsDone(count),
  );
  const worker = make(spec, context, boot.group, logger);
  const runner = new WorkerRunner(worker, {
    logger,
    onRunning: () => {
      gauge.enter('running');
      place.send({ type: 'running' });
      readiness.entered();
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

  place.onOrphaned(() => {
    // Whoever is started instead of this tree is to have the sockets, whatever is still being finished here.
    void servers.acceptNoMore();
    runner.orphaned();
    if (boot.orphanTimeoutMs < 0) return;
    systemClock.after(boot.orphanTimeoutMs, () => process.exit(1), { unref: true });
  });
  let { dump } = boot;
  place.onReload((message) => {
    dump = message.dump;
    base.config = Object.freeze(message.config);
    context.config = base.config;
    logger.applySettings(message.log);
    heartbeat.start(message.heartbeatIntervalMs);
    void place.watch?.(message.lagWarnMs, logger);
    if (message.measuresLoop) gauge.measureLoop();
    runner.reload();
  });
  place.onCommand((command) => {
    obey(command, runner, servers);
    if (command === 'dump') writeWorkerDump({ boot, settings: dump, config: base.config, heartbeat, logger });
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
    logger.error('the worker could not be prepared, it ends with status 1', { error });
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
    logger.error('the worker object could not be made, the worker ends with status 1', { error });
    process.exit(1);
  }
}

/** Once: there may be hundreds of them. */
function warnOfRefusal(logger: LineLogger): () => void {
  let isSaid = false;
  return () => {
    if (isSaid) return;
    isSaid = true;
    logger.warn(
      'a request that came while the worker drains was answered with status 503: was its framework closed in stop()? ' +
        'Close it in afterDrain(), when the last answer is out. Fastify: return503OnClosing: false does as well',
    );
  };
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
  const { log, group, workerId, generation } = boot;
  const origin = { role: 'worker', group, workerId, generation, pid: process.pid };
  const logger = createLineLogger({ ...log, origin, write });
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
