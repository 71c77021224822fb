import type { Clock } from '../common/clock';
import { ServerEngineError } from '../common/errors';
import type { LoadedConfig } from '../config/load';
import type { SpawnedProcess } from '../contract/spawn';
import type { Worker } from '../contract/worker';
import { LastWords } from '../record/last-words';
import type { Logger } from '../record/logger';
import type { LogSink } from '../record/log-sink';
import type { ProcessContact } from '../watch/process-contact';
import type { ProcessManager } from '../watch/process-manager';
import type { Deliver, ProcessMonitor } from '../watch/process-monitor';
import { processHandle } from './monitor-handle';
import { ProgramFigures } from './program-figures';
import { RawLines } from './raw-lines';
import { WorkerSubject } from './worker-subject';
import { checkStdin, explainSpawnError, parseSpawnCall, type SpawnCall } from './spawn-call';
import { withSockets } from './spawn-sockets';
import type { WorkerHandle, WorkerIdentity, WorkerLauncher, WorkerNotices } from '../pool/worker-handle';
import { logSettings, monitorSettings } from './worker-messages';
import { withPrivileges, type WorkerPrivileges } from './worker-privileges';

export interface SpawnLauncherDeps {
  readonly processes: ProcessManager;
  readonly sink: LogSink;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly config: () => LoadedConfig;
  readonly privileges: WorkerPrivileges;
}

/** A program that spawn() has started. */
interface Started {
  readonly call: SpawnCall;
  readonly monitor: ProcessMonitor;
  readonly spawned: SpawnedProcess;
  readonly lastWords: LastWords;
  /** It was given sockets of the engine: it is assumed to accept from them. */
  readonly hasSockets: boolean;
}

/**
 * Starts foreign programs through Worker.spawn(). They do not know the engine: no heartbeat. Runs in the server
 * process.
 */
export class SpawnLauncher implements WorkerLauncher {
  readonly whyNoMessages =
    'a spawn worker is another program. Talk to it through its stdin, a socket or a store; spawn() can keep its child process';
  readonly #deps: SpawnLauncherDeps;

  constructor(deps: SpawnLauncherDeps) {
    this.#deps = deps;
  }

  /** @throws whatever spawn() throws; ServerEngineError when it does not return the one program that it started. */
  async launch(
    who: WorkerIdentity,
    worker: Worker | undefined,
    notices: WorkerNotices,
  ): Promise<WorkerHandle> {
    if (!worker) throw new Error('a spawn worker needs its object in the server process');
    const name = `${worker.constructor.name}.spawn`;
    const { call, monitor, lastWords, hasSockets } = await this.#callSpawn(name, who, worker);
    // The inside of a foreign program is unknown, so it counts as ready at once. Deferred, because the pool has no
    // handle yet.
    setImmediate(() => {
      if (monitor.pid === undefined || !monitor.isAlive) return;
      notices.onRunning();
      notices.onReady();
    });
    const exited = monitor.exited.then((exit) =>
      exit.spawnError ? { ...exit, spawnError: explainSpawnError(name, call, exit.spawnError) } : exit,
    );
    const figures = new ProgramFigures(monitor.pid, () => monitor.isAlive, this.#deps.clock);
    return processHandle(
      monitor,
      {
        lastWords,
        figures: () => figures.read(),
        isListening: () => hasSockets,
        hurry: () => {},
        reload: () => this.#reload(monitor),
        dump: () => {},
      },
      exited,
    );
  }

  async #callSpawn(name: string, who: WorkerIdentity, worker: Worker): Promise<Started> {
    const started: Started[] = [];
    const spawn = (...given: unknown[]): SpawnedProcess => {
      const asked = parseSpawnCall(name, given);
      const hasSockets = asked.options.sockets !== undefined;
      const one = { ...this.#start(withSockets(name, asked), name, who), hasSockets };
      started.push(one);
      return one.spawned;
    };
    try {
      const returned: unknown = await worker.spawn({ spawn });
      const [one, ...more] = started;
      if (one && more.length === 0 && one.spawned === returned) return one;
      const given =
        returned === undefined ? 'nothing' : returned === one?.spawned ? 'one of them' : 'something else';
      throw new ServerEngineError(
        'ERR_SPAWN',
        `${name} must start one program and return it, but started ${started.length} and returned ${given}. ` +
          `Write: return processManager.spawn(command, args).`,
      );
    } catch (error) {
      // Nothing else would ever stop them.
      for (const { monitor } of started) monitor.signalAll('SIGKILL');
      throw (await this.#spawnError(name, started)) ?? error;
    }
  }

  /**
   * A program that never started has no streams, and spawn() may have failed on them: then the failed start is the real
   * reason.
   */
  async #spawnError(
    name: string,
    started: readonly Omit<Started, 'hasSockets'>[],
  ): Promise<Error | undefined> {
    const failed = started.find(({ monitor }) => monitor.pid === undefined);
    const { spawnError } = (await failed?.monitor.exited) ?? {};
    return failed && spawnError && explainSpawnError(name, failed.call, spawnError);
  }

  #start(call: SpawnCall, name: string, who: WorkerIdentity): Omit<Started, 'hasSockets'> {
    const { processes, config, sink } = this.#deps;
    const { engine } = config();
    const isPiped = engine.commandSender === 'pipe';
    if (isPiped) checkStdin(name, call);
    const format = logSettings(engine, sink);
    const contact = processes.startCommand({
      ...withPrivileges(call, this.#deps.privileges),
      stdin: isPiped ? 'pipe' : 'ignore',
      readsStdout: format.captureStdout,
      readsStderr: format.captureStderr,
      leadsGroup: engine.killTree,
    });
    const lastWords = new LastWords();
    const subject = new WorkerSubject(who);
    const raw = new RawLines({ ...this.#deps, subject, pid: contact.pid, format, lastWords });
    const monitor = processes.attachCommand(contact, {
      subject,
      settings: () => ({
        ...monitorSettings(config().engine),
        heartbeatTimeoutMs: undefined,
        readyTimeoutMs: undefined,
      }),
      deliver: isPiped ? (step, reason) => sendStop(contact, step, reason) : undefined,
      onStdout: format.captureStdout ? raw.onStdout : undefined,
      onStderr: format.captureStderr ? raw.onStderr : undefined,
    });
    void contact.drained.then(() => raw.flush());
    return { call, monitor, lastWords, spawned: { pid: contact.pid, child: contact.child } };
  }

  #reload(monitor: ProcessMonitor): void {
    const { workerReloadSignal, commandSender } = this.#deps.config().engine;
    if (workerReloadSignal !== undefined) monitor.signal(workerReloadSignal);
    else if (commandSender === 'pipe') sendLine(monitor.contact, 'RELOAD');
  }
}

function sendStop(contact: ProcessContact, ...[step, reason]: Parameters<Deliver>): boolean {
  const isGraceful = step === 'graceful';
  const line = `${isGraceful ? 'GRACEFUL' : 'IMMEDIATE'}_${reason === 'restart' ? 'RESTART' : 'STOP'}`;
  return sendLine(contact, line, () => contact.signalAll(isGraceful ? 'SIGTERM' : 'SIGQUIT'));
}

/** A program may close its stdin; then it is told to stop by signal. */
function sendLine({ child }: ProcessContact, line: string, onClosed?: () => void): boolean {
  if (!child.stdin?.writable) return false;
  child.stdin.write(`${line}\n`, (error) => {
    if (error) onClosed?.();
  });
  return true;
}
