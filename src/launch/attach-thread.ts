import { wireOf } from '../common/wires';
import type { Subject } from '../common/subject';
import { once } from 'node:events';
import { receiveMessageOnPort, type MessagePort, type Worker as Thread } from 'node:worker_threads';
import type { Clock } from '../common/clock';
import type { HangCause } from '../contract/status';
import { threadProcessorMs } from '../common/proc-stat';
import { isDebuggedHere } from '../hang/debugged-here';
import { hangCause } from '../hang/hang-cause';
import type { LoadedConfig } from '../config/load';
import { HangDiagnosis } from '../hang/hang-diagnosis';
import { readKernelView, type KernelView } from '../hang/kernel-view';
import { mapFrames } from '../hang/source-mapped-frames';
import { LastWords } from '../record/last-words';
import type { LogSink } from '../record/log-sink';
import type { Logger } from '../record/logger';
import { ChildMonitor } from '../watch/child-monitor';
import type { ChildWatch } from '../watch/child-watch';
import type { BoardEntry } from '../watch/scoreboard';
import { ThreadControl } from '../watch/thread-control';
import { isThreadMessage } from '../protocol/child-messages';
import type { ThreadCommand, ThreadMessage, ThreadRole } from '../protocol/thread-protocol';
import { checked } from './foreign-messages';
import { MetricsRequests } from './ask-metrics';
import { openConversation } from './open-conversation';
import { warnOfIgnoredReady } from './ignored-ready';
import { isLongSilent, monitorHandle } from './monitor-handle';
import { RawLines } from './raw-lines';
import { takeNotice } from './take-notice';
import type { WorkerHandle } from '../pool/worker-handle';
import type { WorkerListener } from './worker-listener';
import type { WorkerSubject } from './worker-subject';
import { monitorSettings, reloadMessage } from './worker-messages';

export interface ThreadAttachment {
  readonly sink: LogSink;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: () => LoadedConfig;
  readonly watch: ChildWatch;
  readonly board: BoardEntry | undefined;
  readonly subject: WorkerSubject;
  readonly role: ThreadRole;
  /** Our end. */
  readonly port: MessagePort;
  readonly listener: WorkerListener;
}

export interface AttachedThread {
  readonly handle: WorkerHandle;
  readonly isAlive: () => boolean;
  readonly send: (command: ThreadCommand) => void;
}

/** Attaches everything that an existing worker thread needs: monitoring, output, messages. */
export function attachThread(thread: Thread, at: ThreadAttachment): AttachedThread {
  const { role, port, config, logger, clock, watch, sink, listener } = at;
  const { threadId } = thread;
  const subject: Subject = {
    get label() {
      return at.subject.label;
    },
    get fields() {
      return { ...at.subject.fields, threadId };
    },
  };
  const lastWords = new LastWords();
  const output = connectOutput(thread, at, lastWords);
  const send = (command: ThreadCommand): void => {
    wireOf(command, () => `to ${subject.label}`);
    port.postMessage(command);
  };
  const metrics = new MetricsRequests(send);
  const control = new ThreadControl({
    thread,
    tellToStop: () => send({ type: 'stop' }),
    onError: (error) => logger.error(`${subject.label} failed`, { ...subject.fields, error }),
  });
  const conversation = openConversation({ subject, logger, listener }, send, control.exited);
  const isDiagnosed = config().engine.hangDiagnosis !== 'off';
  const diagnosis = diagnosisOf(at, subject, thread, control.exited);
  let hang: HangCause | undefined;
  const monitor: ChildMonitor = new ChildMonitor(control, {
    subject,
    onGivenUp: (reason) => {
      hang = hangCause(kernelViewOf(role));
      listener.notices?.onGivenUp(reason);
    },
    settings: () => monitorSettings(config().engine),
    bootSince: () => listener.bootSince(monitor.startedAt),
    isHeldUp: isDebuggedHere,
    heartbeats: watch.heartbeats,
    clock,
    logger,
    onChange: () => watch.arm(),
    board: at.board,
    look: () => watch.look(),
    diagnose: isDiagnosed ? () => diagnosis.run('give_up') : undefined,
  });
  let isListening = false;
  const take = (message: ThreadMessage): void => {
    if (message.type === 'record') takeRecord(message.text, at, lastWords);
    else if (message.type === 'beat') monitor.beat();
    else {
      if (message.type === 'ready') monitor.ready();
      if (message.type === 'listening') isListening = true;
      metrics.receive(message);
      if (message.type === 'user_message' || message.type === 'user_message_taken')
        conversation.receive(message);
      takeNotice(message, listener);
      warnOfIgnoredReady(message, role.prepare.ready, logger);
    }
  };
  receive(port, thread, checked(monitor, isThreadMessage, logger, take));
  watch.add(monitor, { board: at.board });
  const handle = monitorHandle(monitor, {
    startedAt: () => listener.assignedAt ?? monitor.startedAt,
    pid: process.pid,
    hang: () => hang && (diagnosis.cause ?? hang),
    isListening: () => isListening,
    lastWords,
    exited: monitor.exited,
    drained: Promise.all([monitor.exited, output]).then(() => {}),
    metrics: () => metrics.ask(),
    send: (body) => conversation.send(body),
    hurry: () => send({ type: 'hurry' }),
    reload: () => send(reloadMessage(at.subject.workerId, config(), sink)),
    dump: () => {
      const { engine } = config();
      if (engine.hangDiagnosis !== 'off' && isLongSilent(monitor, engine)) void diagnosis.run('dump');
      send({ type: 'dump' });
    },
  });
  return { handle, isAlive: () => monitor.isAlive, send };
}

/** Through the debugger inside this process, without a port. */
function diagnosisOf(
  { role, clock, logger }: ThreadAttachment,
  subject: Subject,
  { threadId }: Thread,
  exited: Promise<unknown>,
): HangDiagnosis {
  return new HangDiagnosis({
    subject,
    capture: async (request) => {
      const { captureThread } = await import('../hang/thread-capture');
      return mapFrames(await captureThread(threadId, request));
    },
    kernelView: () => kernelViewOf(role),
    processorMs: () => threadProcessorMs(Atomics.load(role.kernelId, 0)),
    exited,
    clock,
    logger,
  });
}

function kernelViewOf({ kernelId }: ThreadRole): KernelView | undefined {
  const id = Atomics.load(kernelId, 0);
  return id === 0 ? undefined : readKernelView(process.pid, id);
}

function takeRecord(text: string, { role, sink }: ThreadAttachment, lastWords: LastWords): void {
  const record = Buffer.from(text);
  lastWords.push(record);
  sink.writeRecords(record);
  Atomics.sub(role.logUnderWay, 0, text.length);
  Atomics.notify(role.logUnderWay, 0);
}

/**
 * Output that is written before the worker's own console capture is in force, or that bypasses it. Resolves at the end
 * of both streams.
 */
async function connectOutput(
  thread: Thread,
  { subject, role, ...deps }: ThreadAttachment,
  lastWords: LastWords,
): Promise<void> {
  const { log } = role.prepare;
  const raw = new RawLines({ ...deps, subject, pid: process.pid, format: log, lastWords });
  const ends: Promise<unknown>[] = [];
  if (log.captureStdout) ends.push(once(thread.stdout.on('data', raw.onStdout), 'end'));
  if (log.captureStderr) ends.push(once(thread.stderr.on('data', raw.onStderr), 'end'));
  await Promise.all(ends);
  raw.flush();
}

/** Handles the last messages of the thread before the listeners of its exit are called. */
function receive(port: MessagePort, thread: Thread, take: (message: unknown) => void): void {
  port.on('message', take);
  port.unref();
  thread.once('exit', () => {
    let last;
    while ((last = receiveMessageOnPort(port))) take(last.message);
    port.close();
  });
}
