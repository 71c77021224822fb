import type { Clock } from '../common/clock';
import type { LoadedConfig } from '../config/load';
import { inspectEnvForChild } from '../common/inspect-options';
import type { Worker } from '../contract/worker';
import type { LogSink } from '../record/log-sink';
import type { Logger } from '../record/logger';
import type { NodeSpawn, NodeStart, ProcessManager } from '../watch/process-manager';
import { BOARD_FD, encodeMessage, ROLE_ENV, workerRole, type PrepareMessage } from '../protocol/protocol';
import { CLUSTER_ENV, type AskerLimits } from '../sockets/cluster-parent';
import type { SocketGroup } from '../sockets/socket-groups';
import { ChildSocketClient } from '../sockets/socket-client';
import type { ProcessContact } from '../watch/process-contact';
import { attachWorker } from './attach-worker';
import type { ForkSupply, WorkerShape } from './fork-supply';
import { heapLimitArgs, heapLimitMb, withHeapLimitArgs, withHeapLimitEnv } from './heap-limit';
import { nodeOptions, planDiagnosis, planForked, type DiagnosisPlan } from './process-diagnosis';
import type { SharedSnapshot } from './shared-snapshot';
import type {
  StandbyHandle,
  StartStatus,
  WorkerHandle,
  WorkerIdentity,
  WorkerLauncher,
  WorkerNotices,
} from '../pool/worker-handle';
import { lateSocketUser } from './late-socket-user';
import { startStandby } from './start-standby';
import { WorkerListener } from './worker-listener';
import { WorkerSubject } from './worker-subject';
import { assignMessage, prepareMessage } from './worker-messages';
import { withWorkerFlags, workerFlags } from './worker-flags';
import { workerTitle, type WorkerPrivileges } from './worker-privileges';

/** How to run the user's entry script again. */
export interface ChildEntry {
  readonly command: string;
  readonly args: readonly string[];
  /** The script among the arguments, and the arguments after it. */
  readonly script: string;
  readonly scriptArgs: readonly string[];
  /** Which of the engines that the script creates is meant. */
  readonly engineIndex: number;
}

export interface ProcessLauncherDeps {
  readonly processes: ProcessManager;
  readonly sockets: SocketGroup;
  readonly sink: LogSink;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly entry: ChildEntry;
  /** The group of the workers, if the engine has several. */
  readonly group: string | undefined;
  readonly config: () => LoadedConfig;
  readonly snapshot: () => SharedSnapshot;
  readonly privileges: WorkerPrivileges;
  /** Where forked workers come from. Undefined: all workers are spawned. */
  readonly forks?: ForkSupply | undefined;
  /** Node arguments for forked workers only. */
  readonly forkArgs?: readonly string[];
}

/** A worker process before it exists: everything that must be known to start it. */
interface PreparedWorker {
  readonly spawn: NodeSpawn;
  readonly message: PrepareMessage;
  readonly plan: DiagnosisPlan;
}

/** A worker process that exists. */
interface StartedWorker {
  readonly handle: WorkerHandle;
  readonly contact: ProcessContact;
  /** It counts as a user of sockets from now on. */
  readonly begin: () => void;
}

/**
 * Starts worker processes: it prepares what they need, starts them, and then attaches the rest. Runs in the server
 * process.
 */
export class ProcessLauncher implements WorkerLauncher {
  readonly #deps: ProcessLauncherDeps;
  #launched = 0;
  readonly #configs = { last: undefined as LoadedConfig | undefined, count: 0 };

  constructor(deps: ProcessLauncherDeps) {
    this.#deps = deps;
  }

  /** @throws ConfigError when a @shared() property cannot be sent; whatever child_process.spawn throws. */
  launch(
    who: WorkerIdentity,
    _worker: Worker | undefined,
    notices: WorkerNotices,
  ): WorkerHandle | Promise<WorkerHandle> {
    const { forks } = this.#deps;
    const start = (fork?: NodeStart): WorkerHandle =>
      this.#start(new WorkerSubject(who), new WorkerListener(notices), who, fork).handle;
    return forks ? forks.next(this.#shape()).then(start) : start();
  }

  /** @throws whatever launch() throws. */
  prepare(onReady: () => void): StandbyHandle {
    const { group, clock, config } = this.#deps;
    return startStandby({
      subject: new WorkerSubject({ group }),
      onReady,
      clock,
      start: (subject, listener) => {
        const fork = this.#deps.forks?.now(this.#shape());
        const { handle, contact, begin } = this.#start(subject, listener, undefined, fork);
        const tell = (who: WorkerIdentity): void =>
          contact.send({
            type: 'assigned',
            prepare: this.#asItsOwn(this.#message(), contact),
            assign: assignMessage(who, config()),
          });
        const rehearse = (): void => contact.send({ type: 'rehearse' });
        return { handle, isAlive: () => contact.isAlive, rehearse, tell, onAssigned: begin };
      },
    });
  }

  /** who: undefined for a worker in reserve. */
  #start(
    subject: WorkerSubject,
    listener: WorkerListener,
    who: WorkerIdentity | undefined,
    fork: NodeStart | undefined,
  ): StartedWorker {
    const { processes, config, clock, sockets, group } = this.#deps;
    this.#launched += 1;
    const isStandby = who === undefined;
    const { spawn, plan, message: asked } = this.#prepare(who?.workerId ?? 'standby', this.#launched, fork);
    const contact = processes.startNode(spawn);
    const message = this.#asItsOwn(asked, contact);
    const client = new ChildSocketClient(contact.child, clock);
    const { board } = contact;
    const prepare = { ...message, isStandby, ...(board && { board: { ...board.place, fd: BOARD_FD } }) };
    const assign = who ? [encodeMessage(assignMessage(who, config()))] : [];
    const { user, begin } = lateSocketUser(() =>
      sockets.user({ name: subject.label, group, age: this.#configAge(), client }),
    );
    // From its start on, not from when it asks: by then there may be a new configuration.
    if (who) begin();
    const handle = attachWorker(contact, {
      ...this.#deps,
      subject,
      plan,
      message,
      boot: Buffer.concat([encodeMessage(prepare), ...assign]),
      sockets: user,
      client,
      limits: this.#limitsOf(subject),
      listener,
    });
    return { handle, contact, begin };
  }

  allAreUp(): void {
    this.#deps.sockets.allAreUp();
  }

  forks(): Promise<boolean> | undefined {
    return this.#deps.forks?.next(this.#shape()).then((start) => start !== undefined);
  }

  startStatus(): StartStatus | undefined {
    return this.#deps.forks?.status();
  }

  renew(): void {
    this.#deps.forks?.renew();
  }

  close(): void {
    this.#deps.forks?.close();
  }

  /** Only once it exists is it known whether it was forked. */
  #asItsOwn(message: PrepareMessage, { child }: ProcessContact): PrepareMessage {
    const { forks, forkArgs = [] } = this.#deps;
    if (!forks?.isForked(child)) return message;
    // Its stack is asked of native/fork.c: it needs no thread of ours.
    return {
      ...message,
      isForked: true,
      hasWatchdog: false,
      ownArgs: [...(message.ownArgs ?? []), ...forkArgs],
    };
  }

  #message(): PrepareMessage {
    const { group, config, snapshot, sink, privileges } = this.#deps;
    const loaded = config();
    const ownArgs = heapLimitArgs(heapLimitMb(loaded.engine));
    return { ...prepareMessage(group, loaded, snapshot(), sink), ...privileges, ownArgs };
  }

  /**
   * What a template is started with: the same as its workers would be spawned with, without what opens a debugger on a
   * signal.
   */
  #shape(): WorkerShape {
    const { spawn, message } = this.#prepare('standby', 0, noStart);
    return { spawn: { ...spawn, start: undefined }, prepare: message };
  }

  #prepare(workerId: number | 'standby', serial: number, start: NodeStart | undefined): PreparedWorker {
    const { entry, config } = this.#deps;
    const loaded = config();
    const limitMb = heapLimitMb(loaded.engine);
    const message = this.#message();
    const { log } = message;
    const args = withWorkerFlags(entry.args, entry.script, workerFlags(loaded.engine));
    const { hangDiagnosis } = loaded.engine;
    const plan = start
      ? planForked(hangDiagnosis)
      : planDiagnosis(hangDiagnosis, nodeOptions(args, entry.script, process.env));
    return {
      message,
      plan,
      spawn: {
        command: entry.command,
        args: [...plan.nodeArgs, ...withHeapLimitArgs(args, entry.script, limitMb)],
        env: {
          ...withHeapLimitEnv(inspectEnvForChild(process.env), limitMb),
          [ROLE_ENV]: workerRole(entry.engineIndex),
          [CLUSTER_ENV]: String(serial),
        },
        title: workerTitle(loaded.engine, workerId),
        readsStdout: log.captureStdout,
        // Its debugger prints its address there.
        readsStderr: log.captureStderr || plan.nodeArgs.length > 0 || plan.hasOpenDebugger,
        hasBoard: true,
        hasWatchdog: plan.hasWatchdog,
        start,
      },
    };
  }

  /** How many configurations came before the one that a worker gets now. */
  #configAge(): number {
    const loaded = this.#deps.config();
    if (loaded !== this.#configs.last) this.#configs.count += 1;
    this.#configs.last = loaded;
    return this.#configs.count;
  }

  /** Workers may run as a user with fewer rights. */
  #limitsOf(subject: WorkerSubject): AskerLimits {
    const { privileges, logger } = this.#deps;
    return {
      asker: privileges,
      onRefused: ({ address, port, fd }) => {
        logger.warn(
          'a worker may not open that socket as the user that it runs as (workerChuser). Open it in beforeRun() of the ' +
            'server, with listenTcp, listenUdp or listenUnix: workers that listen on the same address get it',
          { ...subject.fields, address, ...(port > 0 ? { port } : {}), fd },
        );
      },
    };
  }
}

/** For a worker that is not started: only its arguments are needed. */
function noStart(): never {
  throw new Error('a template is spawned');
}
