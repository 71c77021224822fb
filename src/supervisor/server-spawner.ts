import type { ChildProcess } from 'node:child_process';
import { inspectEnvForChild, opensDebugger } from '../common/inspect-options';
import { systemClock } from '../common/clock';
import { marked } from '../node-internals/marked-messages';
import type { EngineConfig } from '../config/engine-config';
import { travelling } from '../config/load';
import { DebuggerPresence } from '../hang/debugger-presence';
import { reportHang } from '../hang/hang-report';
import { openDebuggerOutput } from '../hang/open-debugger';
import { readKernelView } from '../hang/kernel-view';
import type { Logger } from '../record/logger';
import type { Emit, EventHub } from '../contract/event-hub';
import type { ServerState } from '../contract/status';
import type { LogSink } from '../record/log-sink';
import type { ProcessManager } from '../watch/process-manager';
import type { MonitorSettings } from '../watch/child-monitor';
import type { ProcessMonitor } from '../watch/process-monitor';
import { CLUSTER_ENV, answerSocketQueries } from '../sockets/cluster-parent';
import { socketKey, type SocketRegistry } from '../sockets/socket-registry';
import { ChildSocketClient } from '../sockets/socket-client';
import type { SocketUser } from '../sockets/socket-user';
import { SocketUsers } from '../sockets/socket-users';
import { tidyAfterKill } from '../socket-manager/tidy-after-kill';
import { serverSucceeds } from '../sockets/succession';
import { encodeMessage, ROLE_ENV, serverRole } from '../protocol/protocol';
import { isServerMessage } from '../protocol/server-messages';
import type { ServerBoot, ServerMessage, SocketAnswer } from '../protocol/server-protocol';
import { onChecked, warnOfForeignMessages } from '../launch/foreign-messages';
import { nodeOptions } from '../launch/process-diagnosis';
import type { ChildEntry } from '../launch/process-launcher';
import { ServerChannel, tellBySignal } from './server-channel';
import { ServerOutput } from './server-output';
import type { ServerNotices, ServerProcess, ServerStart } from './server-process';

// The server asks its workers first.
const EXTRA_ANSWER_MS = 2000;

export interface ServerSpawnerDeps {
  readonly processes: ProcessManager;
  readonly registry: SocketRegistry;
  readonly sink: LogSink;
  readonly logger: Logger;
  readonly entry: ChildEntry;
  /** Listeners in this process for events of a server's workers. */
  readonly events: EventHub;
}

/** Starts server processes for a supervisor, answers their requests for sockets and writes their log. */
export class ServerSpawner {
  readonly #deps: ServerSpawnerDeps;
  readonly #use: SocketUsers;
  /** Servers with workers in run(). */
  readonly #up = new Set<object>();
  /** The channels of living servers. */
  readonly #channels = new Set<ServerChannel>();
  readonly #emit: Emit;

  constructor(deps: ServerSpawnerDeps) {
    this.#deps = deps;
    this.#use = new SocketUsers(deps.registry, systemClock, {
      succeeds: serverSucceeds,
      forces: (asker, member) => member.age < asker.age,
    });
    this.#emit = deps.events.emitter(deps.logger);
    deps.events.onListenersChange((areWanted) => {
      for (const channel of this.#channels) channel.tell({ type: 'events', areWanted });
    });
  }

  start({ generation, config, mustComeUp }: ServerStart): ServerProcess {
    const { processes, sink, logger, entry, events } = this.#deps;
    const loaded = config();
    const { engine } = loaded;
    const boot: ServerBoot = {
      generation,
      config: travelling(loaded),
      isTerminal: sink.isTerminal,
      recordFormat: sink.recordFormat,
      processTitle: engine.serverProcessName,
      mustComeUp,
      tellsEvents: events.hasListeners,
    };
    const subject = { label: 'server process', fields: { generation } };
    const options = nodeOptions(entry.args, entry.script, process.env);
    const presence = new DebuggerPresence(false);
    const output = new ServerOutput(
      sink,
      logger,
      opensDebugger(options) ? openDebuggerOutput(subject, () => monitor.pid, presence, logger) : undefined,
    );
    const monitor: ProcessMonitor = processes.spawnNode({
      command: entry.command,
      args: entry.args,
      env: {
        ...inspectEnvForChild(process.env),
        [ROLE_ENV]: serverRole(entry.engineIndex),
        [CLUSTER_ENV]: String(generation),
      },
      subject,
      isHeldUp: () => presence.isHeldUp,
      settings: () => serverSettings(config().engine),
      // Not by a message: a server that hangs, or has lost its channel, must end, too.
      deliver: (step, reason) => {
        const graceful = step === 'graceful';
        // The next server is about to take over: no drainDelay.
        const isRestart = graceful && reason === 'restart';
        tellBySignal(monitor, engine, isRestart ? { kind: 'detach' } : { kind: 'stop', graceful });
        return true;
      },
      // SIGUSR1 is a command in a server, so no signal can ask for its stack.
      diagnose: async () => this.#reportHang(generation, monitor.pid),
      title: engine.serverProcessName,
      stdin: engine.commandSender === 'pipe' ? 'pipe' : 'ignore',
      boot: encodeMessage(boot),
      ...output.streams,
    });
    const { child } = monitor;
    // A closed pipe is no error here: the exit shows that a server is gone.
    child.stdin?.on('error', () => {});
    // The sockets that it holds for its workers, and those that it listens on itself.
    const client = new ChildSocketClient(child, systemClock, EXTRA_ANSWER_MS);
    const who = { name: 'server', age: generation, client };
    const [held, own] = [this.#use.user(who), this.#use.user(who)];
    const channel = new ServerChannel({ monitor, engine, clock: systemClock });
    this.#channels.add(channel);
    warnOfForeignMessages(monitor, this.#deps.logger);
    answerSocketQueries(child, own, () => {});
    void monitor.drained.then(() => output.flush());
    void monitor.exited.then(() => {
      this.#up.delete(monitor);
      this.#channels.delete(channel);
      held.end();
      own.end();
      if (this.#up.size > 0) this.#use.allAreUp();
    });
    const watch = (notices: ServerNotices): void => {
      onChecked(monitor, isServerMessage, this.#deps.logger, (message) => {
        channel.receive(message);
        if (message.type === 'up') this.#onUp(monitor);
        if (message.type === 'state' && isEnding(message.state)) {
          // What it closes from now on is for the next server, even if that starts much later.
          held.leave();
          own.leave();
        }
        this.#onMessage(message, notices, { held, client }, child);
      });
    };
    return {
      monitor,
      generation,
      // A server that ends by itself removes the file of its socket manager.
      tidied: monitor.exited.then(({ signal }) => (signal === null ? undefined : tidyAfterKill(logger))),
      watch,
      submit: (command) => channel.submit(command),
      status: () => channel.status(),
      programMetrics: () => channel.programMetrics(),
    };
  }

  #onUp(monitor: object): void {
    this.#up.add(monitor);
    this.#use.allAreUp();
  }

  #onMessage(
    message: ServerMessage,
    notices: ServerNotices,
    { held: sockets, client }: { readonly held: SocketUser; readonly client: ChildSocketClient },
    child: ChildProcess,
  ): void {
    switch (message.type) {
      // The channel handles it.
      case 'takes_commands':
      case 'answer':
      case 'status':
      case 'metrics':
        return;
      case 'event':
        // An event with its matching payload; TypeScript cannot see that through the union.
        this.#emit(message.event as 'rollout', message.payload as never);
        return;
      case 'state':
        notices.onState(message.state);
        return;
      case 'up':
        notices.onUp(message.tellsFirstRound ?? false);
        return;
      case 'first_round':
        notices.onFirstRound(message.result);
        return;
      case 'failed':
        notices.onFailed(message.reason, message.isHopeless);
        return;
      case 'trying':
        notices.onTrying(message.reason);
        return;
      case 'unrecoverable':
        notices.onUnrecoverable();
        return;
      case 'socket':
        void sockets.open(message.query, message.index).then((held) => {
          const isOpen = typeof held !== 'number';
          const answer: SocketAnswer = {
            type: 'socket',
            id: message.id,
            errno: isOpen ? 0 : held,
            ...(isOpen ? { sockname: held.sockname } : {}),
          };
          // A server that has died meanwhile needs no answer; its end is reported anyway.
          if (child.connected)
            child.send(marked(answer, child.pid), (isOpen ? held.handle : undefined) as never, {}, () => {});
        });
        return;
      case 'socket_given_up':
        client.answered(message);
        return;
      case 'socket_path':
        this.#deps.registry.restore(message.query, message.index);
        return;
      case 'socket_dropped':
        sockets.close(socketKey(message.query, message.index));
        return;
      case 'sockets_let_go': {
        sockets.end();
        for (const { query, index } of message.forOthers) this.#deps.registry.keepForOthers(query, index);
        notices.onSocketsLetGo();
        const answer: SocketAnswer = { type: 'socket', id: message.id, errno: 0 };
        if (child.connected) child.send(marked(answer, child.pid), () => {});
      }
    }
  }

  #reportHang(generation: number, pid: number | undefined): void {
    const { logger } = this.#deps;
    const fields = { generation, pid };
    const subject = { label: 'server process', verb: 'hangs', fields, directory: process.cwd() };
    const kernel = pid === undefined ? undefined : readKernelView(pid);
    reportHang(logger.error.bind(logger), subject, { kernel });
  }
}

function isEnding(state: ServerState): boolean {
  return state === 'stopping' || state === 'finished';
}

function serverSettings(engine: EngineConfig): MonitorSettings {
  return {
    kill: {
      gracefulIntervalMs: engine.serverGracefulKillIntervalMs,
      gracefulIncrementMs: engine.serverGracefulKillIntervalIncrementMs,
      gracefulTimeoutMs: engine.serverGracefulKillTimeoutMs,
      immediateIntervalMs: engine.serverImmediateKillIntervalMs,
      immediateIncrementMs: engine.serverImmediateKillIntervalIncrementMs,
      immediateTimeoutMs: engine.serverImmediateKillTimeoutMs,
      heartbeatKillDelayMs: engine.serverHeartbeatKillDelayMs,
    },
    heartbeatTimeoutMs: engine.serverHeartbeatTimeoutMs,
  };
}
