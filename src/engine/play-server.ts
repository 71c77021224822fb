import type { EngineEvents } from '../contract/events';
import { AskedSockets } from '../child/asked-sockets';
import { warnIfSeen } from '../child/cluster-child';
import { Heartbeat } from '../child/heartbeat';
import { holdWhileAsking } from '../child/hold-while-asking';
import { shareListening } from '../child/share-listening';
import type { GiveUpMessage } from '../common/socket-moves';
import { describeWorkers, type LoadedConfig } from '../config/load';
import { captureConsole } from '../record/console-capture';
import { dropNotice } from '../record/drop-notice';
import { createLineLogger } from '../record/line-logger';
import { RecordSender } from '../record/record-sender';
import { SenderSink } from '../record/sender-sink';
import { HEARTBEAT_FD, LOG_FD } from '../protocol/protocol';
import { commandSignals } from '../commands/command-signals';
import { RemoteSockets } from '../sockets/remote-sockets';
import { readCommandPipe } from './command-pipe';
import type { EngineDefinition } from './engine-definition';
import { rereadConfig } from './reread-config';
import { createServerRunner, endOnUncaught } from './create-server-runner';
import type { SignalSource } from './signal-source';
import { SupervisorLink } from './supervisor-link';

/** Runs the server under a supervisor to its end. Resolves with the exit status; never rejects. */
export async function playSupervisedServer(spec: EngineDefinition, signals: SignalSource): Promise<number> {
  const link = new SupervisorLink();
  const boot = link.boot();
  const loaded: LoadedConfig = { ...boot.config, warnings: [] };
  const { engine } = loaded;
  if (boot.processTitle !== undefined) process.title = boot.processTitle;
  const origin = { role: 'server', pid: process.pid };
  const logFormat = boot.recordFormat ?? engine.logFormat;
  const format = { format: logFormat, color: boot.isTerminal && logFormat === 'text' };
  const sender = new RecordSender(LOG_FD, {
    dropNotice: (lines) => dropNotice(lines, origin, format),
  });
  const sink = new SenderSink(sender, boot);
  const logger = createLineLogger({
    level: engine.logLevel,
    origin,
    ...format,
    write: (text) => sender.write(text),
  });
  captureConsole({ stdout: engine.logStdout, stderr: engine.logStderr, logger });
  // The sockets that the server itself listens on, including those of embedded workers, must outlive it, too.
  shareListening('shared', (message, fields) => logger.warn(message, fields));
  warnIfSeen(logger);
  const emit = spec.events.emitter(logger);
  const heartbeat = new Heartbeat(HEARTBEAT_FD, () => {});
  heartbeat.start(engine.serverHeartbeatIntervalMs);
  const sockets = new RemoteSockets({
    ask: (query, index) => link.askSocket(query, index),
    dropped: (query, index) => link.send({ type: 'socket_dropped', query, index }),
    mayBeLost: (query, index) => link.send({ type: 'socket_path', query, index }),
    letGo: (forOthers) => link.tellLetGo(forOthers),
  });
  const own = new AskedSockets();
  const askHereFirst = holdWhileAsking((asker, options) => own.note(asker, options));
  const runner = createServerRunner(spec, {
    loaded,
    load: () => rereadConfig(spec, logger),
    applyLog: ({ engine: next }) => {
      logger.applySettings({ level: next.logLevel });
      heartbeat.start(next.serverHeartbeatIntervalMs);
    },
    // The supervisor has listeners, too.
    emit: (event, payload) => {
      if (event === 'serverState') {
        link.send({ type: 'state', state: (payload as EngineEvents['serverState']).state });
      }
      link.tellEvent(event, payload);
      emit(event, payload);
    },
    onUp: () => link.send({ type: 'up', tellsFirstRound: true }),
    onFirstRound: (result) => link.send({ type: 'first_round', result }),
    onFailed: (reason, isHopeless) => link.send({ type: 'failed', reason, isHopeless }),
    onTrying: (reason) => link.send({ type: 'trying', reason }),
    mustComeUp: ({ startRetry }) => boot.mustComeUp && !startRetry,
    onUnrecoverable: () => link.send({ type: 'unrecoverable' }),
    supervised: {
      generation: boot.generation,
      beatLatenessMs: () => heartbeat.lateness.samplesMs(),
    },
    logger,
    sink,
    sockets,
    askHereFirst,
  });
  endOnUncaught('server', logger, (status, why) => runner.fail(status, why));
  // The workers finish their work; there is no process left to report to.
  link.onOrphaned(() => runner.orphaned());
  link.listen(runner, givingUpForSuccessor(own, sockets));
  signals.deliver({
    commands: commandSignals(engine),
    onCommand: (command) => void runner.submit(command),
    onUnknown: (signal) => logger.warn('signal ignored: it means no command', { signal }),
    // The supervisor has noticed it, too, and decides.
    onTerminalLost: () => {},
  });
  const stopReading =
    engine.commandSender === 'pipe' ? readCommandPipe({ target: runner, logger }) : undefined;
  logger.info('server started', { generation: boot.generation, ...describeWorkers(loaded) });
  const status = await runner.run();
  logger.info('server finished', { status });
  stopReading?.();
  await link.flushed();
  return status;
}

/** A successor of this server or of its workers may want another address on a port that is in use here. */
function givingUpForSuccessor(
  own: AskedSockets,
  sockets: RemoteSockets,
): (message: GiveUpMessage) => Promise<boolean> {
  return async (message) => {
    const { key, by, isForced } = message;
    // The sockets of an embedded worker are closed only when this server ends.
    if (!isForced && (await own.has(message))) return false;
    if (!(await sockets.giveUp(key, { key: by, isForced }))) return false;
    await own.giveUp(message);
    return true;
  };
}
