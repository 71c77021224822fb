import type { ChildProcess, SpawnOptions, StdioOptions } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import type { Clock } from '../common/clock';
import { StallAwareClock } from '../common/stall-aware-clock';
import { childDirectory } from '../common/start-directory';
import { CODE_ENV } from '../compiled-code/code-place';
import { sharedCode, type SharedCode } from '../compiled-code/shared-code';
import { guardChannel, type ChannelGuard } from '../node-internals/channel-reading';
import type { Subject } from '../common/subject';
import type { Logger } from '../record/logger';
import type { GiveUpReason } from './child-life';
import type { MonitorSettings } from './child-monitor';
import { ChildWatch } from './child-watch';
import { OrphanReaper } from './orphan-reaper';
import { ProcessContact } from './process-contact';
import { ProcessMonitor, type Deliver } from './process-monitor';
import type { BoardEntry } from './scoreboard';
import { startChild } from './start-child';
import { decodeBeat, HEARTBEAT_FD, LOG_FD } from '../protocol/protocol';

const WRITER_STOPS =
  ', and the process stops. Its program, or a native addon of it, writes into a descriptor that it has not opened (3), or ' +
  'what Node keeps to itself into process.send()';

const SERIALIZATION = 'advanced';

type NodeStdio = 'pipe' | 'ipc' | 'ignore' | 'inherit' | number;

/** The options of a Node process that it is started with. */
interface NodeOptions extends SpawnOptions {
  readonly stdio: readonly NodeStdio[] & StdioOptions;
}

/** The descriptors of a Node process, and what passes through its channel. */
export type NodePipes = Pick<NodeOptions, 'stdio' | 'serialization'>;

/** Makes a process that has loaded the program already. Undefined: it could not be made. */
export type NodeFork = (pipes: NodePipes) => Promise<ChildProcess | undefined>;

/** Which descriptors a Node process gets. */
export interface NodeDescriptors {
  /** 'pipe': commands are sent to its stdin. Default: it has none. */
  readonly stdin?: 'pipe' | 'ignore';
  /** Whether its raw output is read; otherwise it shares our stream. */
  readonly readsStdout: boolean;
  readonly readsStderr: boolean;
  /** It writes its beats to the board, if there is one. */
  readonly hasBoard?: boolean;
  /** What it gets instead of the board: nothing that Node opens by itself may have that number in the child. */
  readonly boardPlace?: number;
  /** It gets a descriptor for its watchdog thread. */
  readonly hasWatchdog?: boolean;
  /** Descriptors of this process that it gets after all others. */
  readonly more?: readonly number[];
  /** It compiles all code of the package itself, and gets none that is compiled. */
  readonly compilesItself?: boolean;
}

/** A Node process before it exists: everything that must be known to start it. */
export interface NodeSpawn extends NodeDescriptors {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The title for ps: room for it is reserved in the child's arguments. */
  readonly title?: string | undefined;
}

/** A foreign program before it exists: it does not know the engine. */
export interface CommandSpawn {
  readonly command: string;
  readonly args: readonly string[];
  /** As for child_process.spawn; we complete `stdio`. */
  readonly options: SpawnOptions;
  /** The standard streams that `options.stdio` does not set. */
  readonly stdin: 'pipe' | 'ignore';
  readonly readsStdout: boolean;
  readonly readsStderr: boolean;
  /** It gets its own process group, which ends with it. */
  readonly leadsGroup?: boolean;
}

/** How an existing child is watched, and where its raw output goes. */
export interface Attachment {
  readonly subject: Subject;
  readonly settings: () => MonitorSettings;
  /** See ProcessMonitorDeps. */
  readonly deliver?: Deliver | undefined;
  /** See ChildMonitorDeps. */
  readonly diagnose?: (() => Promise<void>) | undefined;
  readonly onGivenUp?: ((reason: GiveUpReason) => void) | undefined;
  readonly bootSince?: (() => number | undefined) | undefined;
  readonly isHeldUp?: (() => boolean) | undefined;
  readonly onStdout?: ((chunk: Buffer) => void) | undefined;
  readonly onStderr?: ((chunk: Buffer) => void) | undefined;
}

export interface NodeAttachment extends Attachment {
  /** Sent through the heartbeat's descriptor. */
  readonly boot: Buffer;
  /** Complete log records, as bytes in chunks of any size. */
  readonly onLog: (chunk: Buffer) => void;
}

/** Starts and watches a child in one step: the caller that attaches needs nothing else of the child. */
export type ManagedSpawn = Omit<NodeSpawn, 'readsStdout' | 'readsStderr'> & NodeAttachment;

/**
 * Starts child processes and watches them, in two steps: first the child is started, then what belongs to it is
 * attached, in the same turn of the event loop. Runs in the process above them.
 */
export class ProcessManager {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #children: ChildWatch;
  readonly #orphans: OrphanReaper;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = StallAwareClock.over(clock);
    this.#logger = logger;
    this.#children = new ChildWatch(this.#clock, logger);
    this.#orphans = new OrphanReaper(this.#clock, logger);
  }

  /**
   * Starts a Node process with the descriptors of protocol.ts. Never throws: a failed start is an exit with spawnError.
   */
  startNode(what: NodeSpawn): ProcessContact {
    const board = this.#boardFor(what);
    try {
      const code = what.compilesItself ? undefined : sharedCode();
      const { args, options } = nodeCall(what, board, code);
      return new ProcessContact(startChild(what.command, args, options), this.#clock, { board });
    } catch (error) {
      if (board) this.#children.board.release(board);
      throw error;
    }
  }

  /** The same in another way. Undefined: it could not be made. Attach it in the same turn of the event loop. */
  async forkNode(what: NodeDescriptors, fork: NodeFork): Promise<ProcessContact | undefined> {
    const board = this.#boardFor(what);
    let child: ChildProcess | undefined;
    try {
      child = await fork({ stdio: stdioFor(what, board), serialization: SERIALIZATION });
      return child && new ProcessContact(child, this.#clock, { board });
    } finally {
      if (board && !child) this.#children.board.release(board);
    }
  }

  /** Ends a process to which nothing could be attached. */
  discard(contact: ProcessContact): void {
    const { board } = contact;
    contact.signal('SIGKILL');
    if (board) contact.onExit(() => this.#children.board.release(board));
  }

  #boardFor({ hasBoard = false }: NodeDescriptors): BoardEntry | undefined {
    return hasBoard ? this.#children.board.claim() : undefined;
  }

  attachNode(contact: ProcessContact, what: NodeAttachment): ProcessMonitor {
    const monitor = this.#watch(contact, what, contact.firstBeat);
    const streams: readonly unknown[] = contact.child.stdio;
    const { [HEARTBEAT_FD]: heartbeat, [LOG_FD]: log } = streams;
    listenTo(
      heartbeat,
      (chunk) => monitor.beat(decodeBeat(chunk)),
      () => monitor.heartbeatClosed(),
    );
    if (heartbeat instanceof Writable) heartbeat.write(what.boot);
    listenTo(log, what.onLog);
    this.#closeIfBroken(contact, what, WRITER_STOPS);
    return monitor;
  }

  /** To the child it looks as if we were gone: it stops. */
  #closeIfBroken(
    { child, pid }: ProcessContact,
    { subject }: Attachment,
    consequence: string,
    guard?: ChannelGuard,
  ): void {
    const onBroken = (error: unknown): void => {
      this.#logger.error(
        `${subject.label} has written something other than messages into its IPC channel: the channel is closed${consequence}`,
        { ...subject.fields, pid, error },
      );
      if (child.connected) child.disconnect();
    };
    guardChannel(child, onBroken, guard);
  }

  /** Both steps at once. */
  spawnNode(what: ManagedSpawn): ProcessMonitor {
    const reads = { readsStdout: what.onStdout !== undefined, readsStderr: what.onStderr !== undefined };
    return this.attachNode(this.startNode({ ...what, ...reads }), what);
  }

  /**
   * Starts any program. A program that is not found is an exit with spawnError.
   * @throws TypeError what child_process.spawn throws for invalid options.
   */
  startCommand(what: CommandSpawn): ProcessContact {
    const child = startChild(what.command, what.args, {
      cwd: childDirectory(),
      ...what.options,
      ...(what.leadsGroup ? { detached: true } : {}),
      stdio: stdioOf(what),
    });
    // A program that closes its stdin, or is gone, is no error: the callback reports it to the writer of a command.
    child.stdin?.on('error', () => {});
    return new ProcessContact(child, this.#clock, { leadsGroup: what.leadsGroup ?? false });
  }

  attachCommand(contact: ProcessContact, what: Attachment): ProcessMonitor {
    // It has a channel if its own stdio says 'ipc'; its messages are for the worker class.
    this.#closeIfBroken(contact, what, '', { takesAnyHandle: true });
    return this.#watch(contact, what, undefined);
  }

  /** From now on the children may outlive this process. */
  letGo(): void {
    this.#orphans.releaseAll();
  }

  #watch(contact: ProcessContact, what: Attachment, booted: Promise<void> | undefined): ProcessMonitor {
    const { subject, settings, deliver, diagnose, onGivenUp, bootSince, isHeldUp } = what;
    const monitor = new ProcessMonitor({
      contact,
      subject,
      settings,
      deliver,
      diagnose,
      onGivenUp,
      bootSince,
      isHeldUp,
      heartbeats: this.#children.heartbeats,
      clock: this.#clock,
      logger: this.#logger,
      onChange: () => this.#children.arm(),
      look: () => this.#children.look(),
    });
    const tellGrace = (): void => this.#orphans.setGrace(settings().kill.gracefulTimeoutMs);
    tellGrace();
    // Once a second, so that it also follows a reload.
    this.#children.add(monitor, { onTick: tellGrace, board: contact.board });
    this.#orphans.guard(contact, booted);
    listenTo(contact.child.stdout, what.onStdout);
    listenTo(contact.child.stderr, what.onStderr);
    return monitor;
  }
}

function nodeCall(
  what: NodeSpawn,
  board: BoardEntry | undefined,
  code: SharedCode | undefined,
): { readonly args: readonly string[]; readonly options: NodeOptions } {
  const stdio = stdioFor(what, board);
  return {
    args: what.args,
    options: {
      cwd: childDirectory(),
      env: code ? { ...what.env, [CODE_ENV]: code.placeAt(stdio.length) } : what.env,
      serialization: SERIALIZATION,
      ...(what.title === undefined ? {} : { argv0: what.title }),
      stdio: code ? [...stdio, code.fd] : stdio,
    },
  };
}

function stdioFor(what: NodeDescriptors, board: BoardEntry | undefined): NodeStdio[] {
  return [
    what.stdin ?? 'ignore',
    what.readsStdout ? 'pipe' : 'inherit',
    what.readsStderr ? 'pipe' : 'inherit',
    'ipc',
    'pipe',
    'pipe',
    board?.place.fd ?? what.boardPlace ?? 'ignore',
    ...(what.hasWatchdog ? (['pipe'] as const) : []),
    ...(what.more ?? []),
  ];
}

/** The user's own setting, otherwise ours. */
function stdioOf({ options, stdin, readsStdout, readsStderr }: CommandSpawn): StdioOptions {
  const given = options.stdio;
  const [first, second, third, ...rest] = typeof given === 'string' ? [given, given, given] : (given ?? []);
  return [
    first ?? stdin,
    second ?? (readsStdout ? 'pipe' : 'inherit'),
    third ?? (readsStderr ? 'pipe' : 'inherit'),
    ...rest,
  ];
}

function listenTo(stream: unknown, onData: ((chunk: Buffer) => void) | undefined, onEnd?: () => void): void {
  if (!onData || !(stream instanceof Readable)) return;
  stream.on('data', onData);
  if (onEnd) stream.once('end', onEnd);
  // A killed child resets its pipes; its exit is reported anyway.
  stream.on('error', () => {});
}
