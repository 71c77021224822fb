import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { LoadedConfig } from '../config/load';
import { inspectEnvForChild } from '../common/inspect-options';
import type { Worker } from '../contract/worker';
import type { LogSink } from '../record/log-sink';
import type { Logger } from '../record/logger';
import type { NodeDescriptors, NodeSpawn, ProcessManager } from '../watch/process-manager';
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
  readonly plan: DiagnosisPlan;
}

/** A worker process to which nothing is attached yet. */
interface BegunWorker {
  readonly contact: ProcessContact;
  readonly plan: DiagnosisPlan;
  readonly isForked: boolean;
}

type AttachedTo = readonly [
  subject: WorkerSubject,
  listener: WorkerListener,
  who: WorkerIdentity | undefined,
];

/** A worker process that exists. */
interface StartedWorker {
  readonly handle: WorkerHandle;
  /** It counts as a user of sockets from now on. */
  readonly begin: () => void;
}

function descriptors(
  { logStdout, logStderr }: Pick<EngineConfig, 'logStdout' | 'logStderr'>,
  plan: DiagnosisPlan,
): NodeDescriptors {
  return {
    readsStdout: logStdout,
    // Its debugger prints its address there.
    readsStderr: logStderr || plan.nodeArgs.length > 0 || plan.hasOpenDebugger,
    hasBoard: true,
    hasWatchdog: plan.hasWatchdog,
  };
}

/** A spread of process.env takes three times as long. */
function currentEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env));
}

/**
 * Starts worker processes: it prepares what they need, starts them, and then attaches the rest. Runs in the server
 * process.
 */
export class ProcessLauncher implements WorkerLauncher {
  readonly #deps: ProcessLauncherDeps;
  #launched = 0;
  #isOver = false;
  readonly #configs = { last: undefined as LoadedConfig | undefined, count: 0 };

  constructor(deps: ProcessLauncherDeps) {
    this.#deps = deps;
  }

  /** @throws ConfigError when a @shared() property cannot be sent; whatever child_process.spawn throws. */
  launch(
    who: WorkerIdentity,
    _worker: Worker | undefined,
    notices: WorkerNotices,
  ): WorkerHandle | Promise<WorkerHandle | undefined> {
    const { forks } = this.#deps;
    const attach = (begun: BegunWorker): WorkerHandle =>
      this.#attach(begun, new WorkerSubject(who), new WorkerListener(notices), who).handle;
    if (!forks) return attach(this.#spawn(who.workerId));
    return this.#fork(forks, who.workerId).then((begun) => begun && attach(begun));
  }

  /** @throws whatever launch() throws. */
  prepare(onReady: () => void): StandbyHandle | Promise<StandbyHandle | undefined> {
    const { forks } = this.#deps;
    const attach = (begun: BegunWorker): StandbyHandle => this.#attachStandby(begun, onReady);
    if (!forks) return attach(this.#spawn('standby'));
    return this.#fork(forks, 'standby').then((begun) => begun && attach(begun));
  }

  #spawn(workerId: number | 'standby'): BegunWorker {
    this.#launched += 1;
    const { spawn, plan } = this.#prepare(workerId, this.#launched, false);
    return { contact: this.#deps.processes.startNode(spawn), plan, isForked: false };
  }

  /** Undefined: no start is wanted any more. */
  async #fork(forks: ForkSupply, workerId: number | 'standby'): Promise<BegunWorker | undefined> {
    // Nothing waits for a standby: it does not wait either.
    const isForked =
      workerId === 'standby' ? forks.isReady(this.#shape()) : await forks.isLoaded(() => this.#shape());
    if (!isForked) return this.#spawnInstead(workerId);
    const { processes, config } = this.#deps;
    const { engine } = config();
    const plan = planForked(engine.hangDiagnosis);
    const contact = await processes.forkNode(descriptors(engine, plan), (pipes) => forks.fork(pipes));
    return contact ? { contact, plan, isForked: true } : this.#spawnInstead(workerId);
  }

  #spawnInstead(workerId: number | 'standby'): BegunWorker | undefined {
    return this.#isOver ? undefined : this.#spawn(workerId);
  }

  #attachStandby(begun: BegunWorker, onReady: () => void): StandbyHandle {
    const { group, clock, config } = this.#deps;
    const { contact } = begun;
    return startStandby({
      subject: new WorkerSubject({ group }),
      onReady,
      clock,
      start: (subject, listener) => {
        const { handle, begin } = this.#attach(begun, subject, listener, undefined);
        const tell = (who: WorkerIdentity): void =>
          contact.send({
            type: 'assigned',
            prepare: this.#messageTo(begun),
            assign: assignMessage(who, config()),
          });
        const rehearse = (): void => contact.send({ type: 'rehearse' });
        return { handle, isAlive: () => contact.isAlive, rehearse, tell, onAssigned: begin };
      },
    });
  }

  /**
   * who: undefined for a worker in reserve.
   * @throws ConfigError when a @shared() property cannot be sent. Then the process ends.
   */
  #attach(begun: BegunWorker, ...to: AttachedTo): StartedWorker {
    try {
      return this.#attachAll(begun, ...to);
    } catch (error) {
      this.#deps.processes.discard(begun.contact);
      throw error;
    }
  }

  #attachAll(begun: BegunWorker, ...[subject, listener, who]: AttachedTo): StartedWorker {
    const { config, clock, sockets, group } = this.#deps;
    const { contact, plan } = begun;
    const message = this.#messageTo(begun);
    const client = new ChildSocketClient(contact.child, clock);
    const { board } = contact;
    const isStandby = who === undefined;
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
    return { handle, begin };
  }

  allAreUp(): void {
    this.#deps.sockets.allAreUp();
  }

  forks(): Promise<boolean> | undefined {
    return this.#deps.forks?.answers(() => this.#shape());
  }

  startStatus(): StartStatus | undefined {
    return this.#deps.forks?.status();
  }

  renew(): void {
    this.#deps.forks?.renew();
  }

  startNoMore(): void {
    this.#isOver = true;
    this.#deps.forks?.close();
  }

  #messageTo({ isForked }: Pick<BegunWorker, 'isForked'>): PrepareMessage {
    const message = this.#message();
    if (!isForked) return message;
    const { forkArgs = [] } = this.#deps;
    const ownArgs = [...(message.ownArgs ?? []), ...forkArgs];
    // Its stack is asked of native/fork.c: it needs no thread of ours.
    return { ...message, isForked, hasWatchdog: false, ownArgs };
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
    return { spawn: this.#prepare('standby', 0, true).spawn, prepare: this.#message() };
  }

  #prepare(workerId: number | 'standby', serial: number, isForked: boolean): PreparedWorker {
    const { entry, config } = this.#deps;
    const { engine } = config();
    const { hangDiagnosis } = engine;
    const limitMb = heapLimitMb(engine);
    const args = withWorkerFlags(entry.args, entry.script, workerFlags(engine));
    const plan = isForked
      ? planForked(hangDiagnosis)
      : planDiagnosis(hangDiagnosis, nodeOptions(args, entry.script, process.env));
    return {
      plan,
      spawn: {
        command: entry.command,
        args: [...plan.nodeArgs, ...withHeapLimitArgs(args, entry.script, limitMb)],
        env: {
          ...withHeapLimitEnv(inspectEnvForChild(currentEnv()), limitMb),
          [ROLE_ENV]: workerRole(entry.engineIndex),
          [CLUSTER_ENV]: String(serial),
        },
        title: workerTitle(engine, workerId),
        ...descriptors(engine, plan),
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
