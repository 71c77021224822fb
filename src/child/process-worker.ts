import { changeIdentity } from '../common/identity';
import { dropNotice } from '../record/drop-notice';
import { workerOrigin } from '../record/record';
import { RecordSender } from '../record/record-sender';
import {
  HEARTBEAT_FD,
  LOG_FD,
  WATCHDOG_FD,
  type BootMessage,
  type PrepareMessage,
} from '../protocol/protocol';
import { BoardWriter } from './board-writer';
import { warnIfSeen } from './cluster-child';
import { consumeWorkerSignals } from './early-signals';
import { ForeignHandlers } from './foreign-handlers';
import { Heartbeat } from './heartbeat';
import { listenWithReusePort } from './listen-with-reuse-port';
import { ParentLink } from './parent-link';
import { playWorker } from './play-worker';
import type { WorkerSpec } from './worker-environment';
import { shareListening } from './share-listening';
import { SharedSockets } from './shared-sockets';
import { WorkerGauge } from '../health/worker-gauge';
import { waitInReserve } from './wait-in-reserve';
import { WorkerWatchdog } from './worker-watchdog';

/** Runs a process worker to its end. It receives signals and IPC messages, and reports through descriptors. */
export async function playProcessWorker(spec: WorkerSpec): Promise<number> {
  const link = new ParentLink();
  const prepare = link.prepare();
  // In reserve nothing has begun.
  let onOrphaned = (): void => process.exit(0);
  const gauge = new WorkerGauge('process');
  const board = prepare.board && new BoardWriter(prepare.board, gauge);
  const heartbeat = new Heartbeat(HEARTBEAT_FD, () => onOrphaned(), board);
  let who: BootMessage = { ...prepare, workerId: -1, generation: 0 };
  const log = openLog(() => who);
  const boot = prepare.isStandby
    ? await waitInReserve({
        ...becomeEarly(prepare),
        spec,
        heartbeat,
        gauge,
        tell: () => link.send({ type: 'prepared' }),
        onRehearse: (callback) => link.onRehearse(callback),
        alsoRehearse: (logger) => {
          warnIfSeen(logger);
          shareListening(prepare.socketScheduling, () => {})();
        },
        assigned: link.assigned(),
      })
    : { ...prepare, ...link.assign() };
  who = boot;
  board?.become(boot);
  const foreign = new ForeignHandlers();
  let stopCameBy: 'message' | 'signal' | undefined;
  const watchdog = new WorkerWatchdog(boot.hasWatchdog ? WATCHDOG_FD : undefined);
  return playWorker(spec, {
    boot,
    prepare: (logger) => {
      warnIfSeen(logger);
      forget(boot.ownArgs ?? []);
      if (!prepare.isStandby) changeIdentity(boot.identity, boot.umask);
      setTitle(boot.processTitle);
      if (boot.socketScheduling === 'reusePort') listenWithReusePort(() => link.send({ type: 'listening' }));
      shareListening(boot.socketScheduling, (message, fields) => {
        // Once per worker id, not again for each replacement.
        logger[boot.generation === 1 ? 'warn' : 'debug'](message, fields);
      });
    },
    write: (record) => log.write(record),
    sockets: new SharedSockets(),
    heartbeat,
    gauge,
    watch: (lagWarnMs, logger) => watchdog.warnOfLag(lagWarnMs, logger),
    send: (message) => link.send(message),
    onReload: (consume) =>
      link.onReload((message) => {
        setTitle(message.processTitle);
        consume(message);
      }),
    onUserMessage: (consume) => link.onUserMessage(consume),
    onCommand: (consume, logger) => {
      link.onCommand((command) => {
        if (command === 'stop') stopCameBy ??= 'message';
        consume(command);
      });
      consumeWorkerSignals((command) => {
        if (command === 'stop' && !stopCameBy) {
          stopCameBy = 'signal';
          foreign.warn(logger);
        }
        if (command !== 'dump' || boot.dump.bySignal) consume(command);
      });
      // From here on it understands the message for a stop.
      foreign.watch(() => link.send({ type: 'handles_term' }));
    },
    onPauseAccepting: (consume) => link.onPauseAccepting(consume),
    onDrained: () => {
      if (stopCameBy === 'message') foreign.passOn();
    },
    onOrphaned: (callback) => {
      // The channel and the heartbeat's descriptor both report it, in either order.
      onOrphaned = once(callback);
      link.onOrphaned(onOrphaned);
    },
  });
}

/** It must not wait with more rights than it needs. */
function becomeEarly(prepare: PrepareMessage): { readonly prepare: PrepareMessage } {
  changeIdentity(prepare.identity, prepare.umask);
  return { prepare };
}

/** Opened before the worker has an id, because that takes a while. */
function openLog(who: () => BootMessage): RecordSender {
  return new RecordSender(LOG_FD, {
    dropNotice: (lines) => dropNotice(lines, workerOrigin(who()), who().log),
  });
}

/** Programs that it forks get the rest of execArgv, as usual. */
function forget(ownArgs: readonly string[]): void {
  for (const argument of ownArgs) {
    const at = process.execArgv.lastIndexOf(argument);
    if (at >= 0) process.execArgv.splice(at, 1);
  }
}

/** The system cuts a title that is longer than the original arguments. */
function setTitle(title: string | undefined): void {
  if (title !== undefined) process.title = title;
}

function once(callback: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    callback();
  };
}
