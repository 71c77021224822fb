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

/** Where a worker lives, a process or a thread: how it and its server reach each other. */
export interface WorkerHost {
  readonly boot: BootMessage;
  /** Prepares the process before the Worker object is created. @throws: the worker ends with status 1. */
  readonly prepare?: (logger: Logger) => void;
  /** Takes a finished record. Once it has returned, not even process.exit() loses the record. */
  readonly write: (record: string) => void;
  readonly sockets: WorkerSockets;
  readonly heartbeat: WorkerHeartbeat;
  /** What the heartbeat tells of the worker. */
  readonly gauge: WorkerGauge;
  /** Watches the event loop, from when this has resolved on. A thread has nobody to do that. */
  readonly watch?: (lagWarnMs: number | undefined, logger: Logger) => Promise<void>;
  send(message: ChildMessage): void;
  /** Hands over what came so far, and everything later. */
  onReload(consume: (message: ReloadMessage) => void): void;
  /** The same for what the program of the server sends, and its answers. */
  onUserMessage(consume: (message: UserMessage | UserMessageTaken) => void): void;
  onCommand(consume: (command: WorkerCommand) => void, logger: Logger): void;
  /** Others are to accept in its place, for so many milliseconds. Absent: its sockets are its own. */
  onPauseAccepting?(consume: (forMs: number) => void): void;
  /** A stop was asked for, and the last answer is out. */
  readonly onDrained?: () => void;
  /** At most once: the server is gone. */
  onOrphaned(callback: () => void): void;
}

/** The worker's ends of the sockets that the server shares. */
export interface WorkerSockets {
  /** @throws ConfigError when such a socket cannot be had here. */
  open(socket: SharedSocketDescriptor): NetServer | UdpSocket;
}

/** Beats from the worker's own event loop: a blocked loop misses its beats, which is the point. */
export interface WorkerHeartbeat {
  /** How late the beats were. */
  readonly lateness: BeatLateness;
  /** Also changes the interval of one that beats already. */
  start(intervalMs: number): void;
  /** Keeps the event loop alive: run() may wait for nothing but stop. */
  hold(): void;
  release(): void;
}
