import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import type { Clock, ClockTimer } from '../common/clock';
import type { Logger } from '../logging/logger';
import { HeartbeatMonitor } from './heartbeat-monitor';
import { ProcessMonitor, type MonitorSettings } from './process-monitor';
import { HEARTBEAT_FD, LOG_FD } from './protocol';

/** What to start, and where what it says goes. */
export interface ManagedSpawn {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly label: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly settings: () => MonitorSettings;
  /** Goes down the heartbeat's descriptor. */
  readonly boot: Buffer;
  /** Finished log records, as bytes of any chunking. */
  readonly onLog: (chunk: Buffer) => void;
  /** Raw output; undefined leaves the stream connected to our own. */
  readonly onStdout: ((chunk: Buffer) => void) | undefined;
  readonly onStderr: ((chunk: Buffer) => void) | undefined;
}

// A heartbeat is looked at once a second: timeouts are many times that, and 200 workers cost nothing measurable.
const TICK_MS = 1000;

/** Starts child processes and watches over them with one timer. Runs in the process above them. */
export class ProcessManager {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #heartbeats = new HeartbeatMonitor<ProcessMonitor>();
  readonly #monitors = new Set<ProcessMonitor>();
  #timer: ClockTimer | undefined;
  #dueAt = 0;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Starts a Node process with the descriptors of protocol.ts. Never throws: a failed start is an exit with spawnError. */
  spawnNode(what: ManagedSpawn): ProcessMonitor {
    const options: SpawnOptions = {
      env: what.env,
      serialization: 'advanced',
      stdio: [
        'ignore',
        what.onStdout ? 'pipe' : 'inherit',
        what.onStderr ? 'pipe' : 'inherit',
        'ipc',
        'pipe',
        'pipe',
      ],
    };
    const child = spawn(what.command, what.args, options);
    const monitor = this.#watch(child, what);
    const extra: readonly unknown[] = child.stdio;
    listenTo(
      extra[HEARTBEAT_FD],
      () => monitor.beat(),
      () => monitor.heartbeatClosed(),
    );
    const { [HEARTBEAT_FD]: heartbeat } = extra;
    if (heartbeat instanceof Writable) heartbeat.write(what.boot);
    listenTo(extra[LOG_FD], what.onLog);
    listenTo(child.stdout, what.onStdout);
    listenTo(child.stderr, what.onStderr);
    return monitor;
  }

  #watch(child: ChildProcess, what: ManagedSpawn): ProcessMonitor {
    const monitor: ProcessMonitor = new ProcessMonitor({
      child,
      label: what.label,
      fields: what.fields,
      settings: what.settings,
      heartbeats: this.#heartbeats,
      clock: this.#clock,
      logger: this.#logger,
      onChange: () => this.#arm(),
    });
    this.#monitors.add(monitor);
    void monitor.exited.then(() => this.#monitors.delete(monitor));
    this.#arm();
    return monitor;
  }

  #tick(): void {
    this.#noticeStall();
    for (const monitor of this.#monitors) monitor.tick();
  }

  #noticeStall(): void {
    const now = this.#clock.now();
    if (now < this.#dueAt) return;
    const stalledMs = this.#heartbeats.tick(now, this.#dueAt);
    if (stalledMs !== undefined) {
      this.#logger.warn('this process stood still, every child gets a fresh heartbeat timeout', {
        stalledMs: Math.round(stalledMs),
      });
    }
  }

  /** One timer for the earliest thing to do. */
  #arm(): void {
    // Before the late timer is replaced by a new one, and its lateness forgotten.
    if (this.#timer) this.#noticeStall();
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#monitors.size === 0) return;
    const now = this.#clock.now();
    let dueAt = now + TICK_MS;
    for (const monitor of this.#monitors) dueAt = Math.min(dueAt, monitor.nextDueAt());
    this.#dueAt = Math.max(now, dueAt);
    this.#timer = this.#clock.after(this.#dueAt - now, () => {
      this.#timer = undefined;
      this.#tick();
      this.#arm();
    });
  }
}

function listenTo(stream: unknown, onData: ((chunk: Buffer) => void) | undefined, onEnd?: () => void): void {
  if (!onData || !(stream instanceof Readable)) return;
  stream.on('data', onData);
  if (onEnd) stream.once('end', onEnd);
  // A killed child resets its pipes; its exit event says all there is to say.
  stream.on('error', () => {});
}
