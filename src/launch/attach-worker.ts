import type { Clock } from '../common/clock';
import type { HangCause } from '../contract/status';
import { hangCause } from '../hang/hang-cause';
import { readKernelView } from '../hang/kernel-view';
import type { LoadedConfig } from '../config/load';
import type { LogSink } from '../record/log-sink';
import type { Logger } from '../record/logger';
import type { ProcessContact } from '../watch/process-contact';
import type { ProcessManager } from '../watch/process-manager';
import { isChildMessage } from '../protocol/child-messages';
import type { PrepareMessage } from '../protocol/protocol';
import { answerSocketQueries, type AskerLimits } from '../sockets/cluster-parent';
import type { ChildSocketClient } from '../sockets/socket-client';
import type { SocketUser } from '../sockets/socket-user';
import { onChecked, warnOfForeignMessages } from './foreign-messages';
import { MetricsRequests } from './ask-metrics';
import { openConversation } from './open-conversation';
import { warnOfIgnoredReady } from './ignored-ready';
import { ProcessDiagnosis, type DiagnosisPlan } from './process-diagnosis';
import { isLongSilent, processHandle } from './monitor-handle';
import { StopNotifier } from './stop-notice';
import { takeNotice } from './take-notice';
import type { WorkerHandle } from '../pool/worker-handle';
import type { WorkerListener } from './worker-listener';
import type { WorkerSubject } from './worker-subject';
import { monitorSettings, reloadMessage } from './worker-messages';
import { WorkerOutput } from './worker-output';

export interface WorkerAttachment {
  readonly processes: ProcessManager;
  readonly sink: LogSink;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: () => LoadedConfig;
  readonly subject: WorkerSubject;
  readonly plan: DiagnosisPlan;
  /** The first message, and the whole boot data, encoded. */
  readonly message: PrepareMessage;
  readonly boot: Buffer;
  readonly sockets: SocketUser;
  readonly client: ChildSocketClient;
  readonly limits: AskerLimits;
  readonly listener: WorkerListener;
}

/** Attaches everything that an existing worker process needs: monitoring, output, sockets, messages. */
export function attachWorker(contact: ProcessContact, at: WorkerAttachment): WorkerHandle {
  const { processes, subject, plan, message, logger, config, sink, sockets, listener } = at;
  const output = new WorkerOutput(at, subject, contact.pid, message.log);
  const stopNotifier = new StopNotifier(contact);
  const metrics = new MetricsRequests((question) => contact.send(question));
  const conversation = openConversation(at, (message) => contact.send(message), contact.drained);
  const diagnosis =
    contact.pid !== undefined && (plan.isOn || plan.hasOpenDebugger)
      ? new ProcessDiagnosis({
          ...at,
          contact,
          onStderr: output.onStderr,
        })
      : undefined;
  let hang: HangCause | undefined;
  const monitor = processes.attachNode(contact, {
    subject,
    onGivenUp: (reason) => {
      // Before anything wakes it up. It may be examined more closely later.
      hang = hangCause(contact.pid === undefined ? undefined : readKernelView(contact.pid));
      listener.notices?.onGivenUp(reason);
    },
    settings: () => monitorSettings(config().engine),
    bootSince: () => listener.bootSince(monitor.startedAt),
    deliver: stopNotifier.deliver,
    diagnose: plan.isOn ? diagnosis?.giveUp : undefined,
    isHeldUp: () => diagnosis?.isHeldUp ?? false,
    boot: at.boot,
    onLog: output.onLog,
    onStdout: output.onStdout,
    onStderr: diagnosis?.onStderr ?? output.onStderr,
  });
  let hasOwnQueue = false;
  const handle = processHandle(monitor, {
    start: message.isForked ? 'fork' : 'spawn',
    startedAt: () => listener.assignedAt ?? monitor.startedAt,
    lastWords: output.lastWords,
    hang: () => hang && (diagnosis?.cause ?? hang),
    isListening: () => hasOwnQueue || sockets.isListening(),
    sharesSockets: () => !hasOwnQueue && sockets.sharesAll(),
    pauseAccepting: (forMs) => contact.send({ type: 'pause_accepting', forMs }),
    metrics: () => metrics.ask(),
    send: (body) => conversation.send(body),
    hurry: () => contact.send({ type: 'hurry' }),
    reload: () => contact.send(reloadMessage(subject.workerId, config(), sink)),
    dump: () => {
      if (monitor.isAlive && plan.isOn && isLongSilent(monitor, config().engine)) diagnosis?.dump();
      // Not by signal: one that follows a stop means nothing, and the one that `fg` sends may mean nothing at all.
      contact.send({ type: 'dump' });
    },
  });
  // It was not started; its exit says why.
  if (contact.pid === undefined) return handle;
  answerSocketQueries(contact.child, sockets, () => {}, at.limits);
  // Before the pool handles the exit: the pool may then conclude that no worker is missing.
  void contact.exited.then(() => sockets.end());
  onChecked(monitor, isChildMessage, logger, (said) => {
    if (said.type === 'ready') monitor.ready();
    if (said.type === 'listening') hasOwnQueue = true;
    if (said.type === 'handles_term') stopNotifier.note('has_handler');
    if (said.type === 'stopping') stopNotifier.note('stopping');
    metrics.receive(said);
    takeNotice(said, listener);
    warnOfIgnoredReady(said, message.ready, logger);
    if (said.type === 'stopping') sockets.leave();
    if (said.type === 'debugger') diagnosis?.onDebugger(said);
    if (said.type === 'socket_given_up') at.client.answered(said);
    if (said.type === 'socket_closed') sockets.close(said.key);
    if (said.type === 'user_message' || said.type === 'user_message_taken') conversation.receive(said);
  });
  warnOfForeignMessages(monitor, logger);
  void contact.drained.then(() => output.flush());
  return handle;
}
