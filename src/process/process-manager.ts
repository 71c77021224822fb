import type { ChildProcess, SpawnOptions, StdioOptions } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import type { Clock } from '../common/clock';
import { childDirectory } from '../common/start-directory';
import type { Logger } from '../logging/logger';
import { ChildWatch } from './child-watch';
import { OrphanReaper } from './orphan-reaper';
import { ProcessMonitor, type Deliver, type MonitorSettings } from './process-monitor';
import { startChild } from './start-child';
import { decodeBeat, HEARTBEAT_FD, LOG_FD } from './protocol';

/** What to start, and where what it says goes. */
export interface ManagedSpawn {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly label: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly settings: () => MonitorSettings;
  /** See MonitorDeps. */
  readonly deliver?: Deliver | undefined;
  /** The name that ps is to show: room for it is made in the child's arguments. */
  readonly title?: string | undefined;
  /** 'pipe': commands go down its stdin. Default: it has none. */
  readonly stdin?: 'pipe' | 'ignore';
  /** It gets a descriptor for its watchdog thread. */
  readonly hasWatchdog?: boolean;
  /** See MonitorDeps. */
  readonly diagnose?: (() => Promise<void>) | undefined;
  /** Goes down the heartbeat's descriptor. */
  readonly boot: Buffer;
  /** Finished log records, as bytes of any chunking. */
  readonly onLog: (chunk: Buffer) => void;
  /** Raw output; undefined leaves the stream connected to our own. */
  readonly onStdout: ((chunk: Buffer) => void) | undefined;
  readonly onStderr: ((chunk: Buffer) => void) | undefined;
}

/** What to start of a foreign program: its worker knows nothing of us. */
export interface ManagedCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** As of child_process.spawn; `stdio` is filled up by us. */
  readonly options: SpawnOptions;
  readonly label: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly settings: () => MonitorSettings;
  /** See MonitorDeps. */
  readonly deliver?: Deliver | undefined;
  /** What the standard streams are where `options.stdio` leaves them open. */
  readonly stdin: 'pipe' | 'ignore';
  /** Raw output; undefined leaves a stream, where it is open, connected to our own. */
  readonly onStdout: ((chunk: Buffer) => void) | undefined;
  readonly onStderr: ((chunk: Buffer) => void) | undefined;
}

type Watchable = Pick<ManagedCommand, 'label' | 'fields' | 'settings' | 'deliver'> &
  Pick<ManagedSpawn, 'diagnose'>;

/** Starts child processes and watches over them. Runs in the process above them. */
export class ProcessManager {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #children: ChildWatch;
  readonly #orphans: OrphanReaper;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
    this.#children = new ChildWatch(clock, logger);
    this.#orphans = new OrphanReaper(clock, logger);
  }

  /** Starts a Node process with the descriptors of protocol.ts. Never throws: a failed start is an exit with spawnError. */
  spawnNode(what: ManagedSpawn): ProcessMonitor {
    const options: SpawnOptions = {
      cwd: childDirectory(),
      env: what.env,
      serialization: 'advanced',
      ...(what.title === undefined ? {} : { argv0: what.title }),
      stdio: [
        what.stdin ?? 'ignore',
        what.onStdout ? 'pipe' : 'inherit',
        what.onStderr ? 'pipe' : 'inherit',
        'ipc',
        'pipe',
        'pipe',
        ...(what.hasWatchdog ? (['pipe'] as const) : []),
      ],
    };
    const child = startChild(what.command, what.args, options);
    const monitor = this.#watch(child, what, true);
    const extra: readonly unknown[] = child.stdio;
    listenTo(
      extra[HEARTBEAT_FD],
      (chunk) => monitor.beat(decodeBeat(chunk)),
      () => monitor.heartbeatClosed(),
    );
    const { [HEARTBEAT_FD]: heartbeat } = extra;
    if (heartbeat instanceof Writable) heartbeat.write(what.boot);
    listenTo(extra[LOG_FD], what.onLog);
    listenTo(child.stdout, what.onStdout);
    listenTo(child.stderr, what.onStderr);
    return monitor;
  }

  /**
   * Starts any program, with its output as it comes. A program that is not found is an exit with spawnError.
   * @throws TypeError what child_process.spawn throws for options that are wrong.
   */
  spawnCommand(what: ManagedCommand): ProcessMonitor {
    const child = startChild(what.command, what.args, {
      cwd: childDirectory(),
      ...what.options,
      stdio: stdioOf(what),
    });
    const monitor = this.#watch(child, what, false);
    listenTo(child.stdout, what.onStdout);
    listenTo(child.stderr, what.onStderr);
    // A program that closes its stdin, or is gone, is no error: who writes a command gets to know by the callback.
    child.stdin?.on('error', () => {});
    return monitor;
  }

  /** From now on the children may go on when this process ends. */
  letGo(): void {
    this.#orphans.releaseAll();
  }

  #watch(child: ChildProcess, what: Watchable, boots: boolean): ProcessMonitor {
    const monitor: ProcessMonitor = new ProcessMonitor({
      child,
      label: what.label,
      fields: what.fields,
      settings: () => {
        const settings = what.settings();
        // The monitor asks once a second: so a reload gets there too.
        this.#orphans.graceMs = settings.kill.gracefulTimeoutMs;
        return settings;
      },
      deliver: what.deliver,
      diagnose: what.diagnose,
      heartbeats: this.#children.heartbeats,
      clock: this.#clock,
      logger: this.#logger,
      onChange: () => this.#children.arm(),
    });
    this.#children.add(monitor);
    this.#orphans.guard(monitor, boots ? monitor.firstBeat : undefined);
    return monitor;
  }
}

/** The user's own choice, and ours where there is none. */
function stdioOf({ options, stdin, onStdout, onStderr }: ManagedCommand): StdioOptions {
  const given = options.stdio;
  const [first, second, third, ...rest] = typeof given === 'string' ? [given, given, given] : (given ?? []);
  return [
    first ?? stdin,
    second ?? (onStdout ? 'pipe' : 'inherit'),
    third ?? (onStderr ? 'pipe' : 'inherit'),
    ...rest,
  ];
}

function listenTo(stream: unknown, onData: ((chunk: Buffer) => void) | undefined, onEnd?: () => void): void {
  if (!onData || !(stream instanceof Readable)) return;
  stream.on('data', onData);
  if (onEnd) stream.once('end', onEnd);
  // A killed child resets its pipes; its exit event says all there is to say.
  stream.on('error', () => {});
}
