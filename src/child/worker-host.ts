import type { Server as NetServer } from 'node:net';
import type { Socket as UdpSocket } from 'node:dgram';
import type { BeatLateness } from '../health/beat-lateness';
import type { WorkerGauge } from '../health/worker-gauge';
import type { Logger } from '../record/logger';
import type {
  BootMessage,
  ChildMessage,
  ReloadMessage,
  SharedSocketDescriptor,
  UserMessage,
  UserMessageTaken,
} from '../protocol/protocol';

/** hurry: its successor waits for its end. */
export type WorkerCommand = 'stop' | 'hurry' | 'reload' | 'dump';

/** Where a worker runs, a process or a thread: how it and its server communicate. */
export interface WorkerHost {
  readonly boot: BootMessage;
  /** Prepares the process before the Worker object is created. If it throws, the worker ends with status 1. */
  readonly prepare?: (logger: Logger) => void;
  /** Writes a complete record. Once it has returned, not even process.exit() loses the record. */
  readonly write: (record: string) => void;
  readonly sockets: WorkerSockets;
  readonly heartbeat: WorkerHeartbeat;
  /** The figures that the heartbeat reports. */
  readonly gauge: WorkerGauge;
  /** Watches the event loop once this has resolved. Absent in a thread. */
  readonly watch?: (lagWarnMs: number | undefined, logger: Logger) => Promise<void>;
  send(message: ChildMessage): void;
  /** Delivers what has come so far, and everything later. */
  onReload(consume: (message: ReloadMessage) => void): void;
  /** The same for messages from the program of the server, and its answers. */
  onUserMessage(consume: (message: UserMessage | UserMessageTaken) => void): void;
  onCommand(consume: (command: WorkerCommand) => void, logger: Logger): void;
  /** Others accept in its place for this many milliseconds. Absent: its sockets are not shared. */
  onPauseAccepting?(consume: (forMs: number) => void): void;
  /** A stop was requested, and the last response is out. */
  readonly onDrained?: () => void;
  /** Calls back at most once: the server is gone. */
  onOrphaned(callback: () => void): void;
}

/** The worker's ends of the sockets that the server shares. */
export interface WorkerSockets {
  /** @throws ConfigError when such a socket cannot be opened here. */
  open(socket: SharedSocketDescriptor): NetServer | UdpSocket;
}

/** Beats from the worker's own event loop: a blocked loop misses its beats, which is the point. */
export interface WorkerHeartbeat {
  /** How late the beats were. */
  readonly lateness: BeatLateness;
  /** Also changes the interval if it beats already. */
  start(intervalMs: number): void;
  /** Keeps the event loop alive: run() may only be waiting for a stop. */
  hold(): void;
  release(): void;
}
