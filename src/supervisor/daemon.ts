import type { ChildProcess } from 'node:child_process';
import type { Command } from '../commands/command';
import type { Clock, ClockTimer } from '../common/clock';
import { messageOf } from '../common/errors';
import { guardChannel } from '../node-internals/channel-reading';
import { ownChannel } from '../node-internals/own-channel';
import { sendSignal } from '../common/signals';
import { START } from '../common/start-directory';
import type { SocketQuery } from '../common/socket-query';
import { startChild } from '../watch/start-child';
import type { RawHandle } from '../sockets/held-socket';
import type { HeldSocket } from '../sockets/held-socket';
import type { RegistryEntry } from '../sockets/socket-registry';
import type { SocketFile } from '../sockets/unix-file';

/** What a new main process reports to the one that started it. */
export type DaemonReport =
  | { readonly type: 'up' }
  | { readonly type: 'failed'; readonly reason: string }
  /** A start failed and is repeated. */
  | { readonly type: 'trying'; readonly reason: string }
  /** A successor needs the sockets before it begins. */
  | { readonly type: 'ask_sockets' };

/** The answer: a message with a handle for each socket, then the end. */
export type SocketHandOver =
  | {
      readonly type: 'socket';
      readonly query: SocketQuery;
      readonly index: number;
      readonly sockname: Readonly<Record<string, unknown>>;
      readonly file?: SocketFile | undefined;
      readonly origin?: HeldSocket['origin'];
      /** The main process itself listens there. */
      readonly isServiceSocket?: boolean;
    }
  | { readonly type: 'sockets_end' };

/** The answer to 'up': commands that the old process received meanwhile. */
export interface SuccessorCommands {
  readonly type: 'commands';
  readonly commands: readonly Command[];
}

export interface DaemonLaunch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly title: string | undefined;
  /** 'inherit': it writes to our output. */
  readonly output: 'ignore' | 'inherit';
  /** The sockets that a successor takes over. */
  readonly sockets: readonly RegistryEntry[];
  /** The sockets on which the main process itself listens. */
  readonly serviceSockets: readonly RegistryEntry[];
  /** Called once it serves: the commands to pass on. */
  readonly commands?: () => readonly Command[];
  readonly timeoutMs: number;
  /** The signal that ends it at once. */
  readonly stopSignal: NodeJS.Signals;
  readonly clock: Clock;
  /** Aborts the launch with its reason: nothing of the new process is left then. */
  readonly signal?: AbortSignal;
}

export type LaunchOutcome = { readonly child: ChildProcess } | { readonly failure: string };

// How long it may take to end its workers and to remove its pid file and its unix sockets.
const STOP_LIMIT_MS = 2000;

/**
 * Starts a new main process in its own session and waits until it is up. If it does not come up, resolves with the
 * reason; nothing of it is left then.
 */
export function launchDaemon(launch: DaemonLaunch): Promise<LaunchOutcome> {
  const { clock, timeoutMs, signal: abort } = launch;
  const child = startChild(launch.command, launch.args, {
    detached: true,
    // Relative paths mean the same as in the first start.
    cwd: START.typed,
    env: launch.env,
    serialization: 'advanced',
    stdio: ['ignore', launch.output, launch.output, 'ipc'],
    ...(launch.title === undefined ? {} : { argv0: launch.title }),
  });
  return new Promise((resolve) => {
    const { pid } = child;
    let failure: string | undefined;
    let lastTry = '';
    let givenUp: string | undefined;
    let timer: ClockTimer;
    const giveUp = (why: string): void => {
      if (givenUp !== undefined || pid === undefined) return;
      givenUp = why;
      timer.cancel();
      sendSignal(pid, launch.stopSignal);
      timer = clock.after(STOP_LIMIT_MS, () => {
        // It leads its own process group, so this also kills everything that it has started.
        sendSignal(-pid, 'SIGKILL');
        settle({ failure: why });
      });
    };
    const onTimeout = (): void =>
      giveUp(`the server was not up after ${timeoutMs / 1000} s (daemonizeTimeout)${lastTry}`);
    const onAbort = (): void => giveUp(String(abort?.reason));
    const settle = (outcome: LaunchOutcome): void => {
      timer.cancel();
      abort?.removeEventListener('abort', onAbort);
      child.removeAllListeners();
      // A late error has nowhere to be reported.
      child.on('error', () => {});
      if (child.connected) child.disconnect();
      resolve(outcome);
    };
    const onUp = (): void => {
      timer.cancel();
      const message: SuccessorCommands = { type: 'commands', commands: launch.commands?.() ?? [] };
      // If the daemon has ended in the meantime, the launcher does not care: it was up.
      child.send(message, () => settle({ child }));
    };
    child.on('message', (report: DaemonReport | null) => {
      if (report === null) return;
      switch (report.type) {
        case 'up':
          if (givenUp === undefined) onUp();
          return;
        case 'trying':
          lastTry = `; the last start failed: ${report.reason}`;
          return;
        case 'failed':
          failure = report.reason;
          return;
        case 'ask_sockets':
          handOver(child, launch);
      }
    });
    // A faulty release must not end the running one.
    guardChannel(child, (error) =>
      giveUp(
        `the new process has written something other than messages into its IPC channel: ${messageOf(error)}`,
      ),
    );
    child.once('error', (error) => settle({ failure: error.message }));
    child.once('exit', (code, signal) => {
      const how = signal === null ? `status ${String(code)}` : `signal ${signal}`;
      settle({ failure: givenUp ?? failure ?? `the new process ended with ${how} before the server was up` });
    });
    timer = clock.after(timeoutMs, onTimeout);
    if (abort?.aborted) onAbort();
    else abort?.addEventListener('abort', onAbort, { once: true });
  });
}

function handOver(child: ChildProcess, { sockets, serviceSockets }: DaemonLaunch): void {
  const send = (message: SocketHandOver, handle?: object): void => {
    if (child.connected) child.send(message, handle as never, () => {});
  };
  for (const entry of [...sockets, ...serviceSockets]) {
    const { query, index, held } = entry;
    const { sockname, file, origin } = held;
    send(
      {
        type: 'socket',
        query,
        index,
        sockname,
        file,
        origin,
        isServiceSocket: serviceSockets.includes(entry),
      },
      held.handle,
    );
  }
  send({ type: 'sockets_end' });
}

export type HandedOver = Pick<DaemonLaunch, 'sockets' | 'serviceSockets'>;

/** Runs in a successor: receives the sockets of the process that it replaces. */
export function receiveSockets(): Promise<HandedOver> {
  const sockets: RegistryEntry[] = [];
  const serviceSockets: RegistryEntry[] = [];
  return new Promise((resolve) => {
    const onMessage = (message: SocketHandOver | null, handle: unknown): void => {
      if (message?.type === 'socket') {
        const { query, index, sockname, file, origin, isServiceSocket } = message;
        const held = { handle: handle as RawHandle, sockname, file, origin };
        (isServiceSocket ? serviceSockets : sockets).push({ query, index, held });
      } else if (message?.type === 'sockets_end') {
        process.off('message', onMessage);
        resolve({ sockets, serviceSockets });
      }
    };
    process.on('message', onMessage);
    const ask: DaemonReport = { type: 'ask_sockets' };
    ownChannel().sendPlain(ask);
  });
}

/** Runs in the daemon: reports to the launcher. The outcome is reported once; after that the two are independent. */
export class LauncherReport {
  #isDone = false;

  get isDone(): boolean {
    return this.#isDone;
  }

  /**
   * Resolves with the commands that arrived meanwhile, once the other process knows that we are up: only then may this
   * process exit.
   */
  async up(): Promise<readonly Command[]> {
    if (this.#isDone || !ownChannel().isConnected) return [];
    const commands = new Promise<readonly Command[]>((resolve) => {
      process.on('message', (message: SuccessorCommands | null) => {
        if (message?.type === 'commands') resolve(message.commands);
      });
      process.once('disconnect', () => resolve([]));
    });
    void this.#send({ type: 'up' });
    this.#isDone = true;
    const told = await commands;
    letGo();
    return told;
  }

  /** The start failed, and this process ends. */
  async failed(reason: string): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = true;
    await this.#send({ type: 'failed', reason });
    letGo();
  }

  /** A start failed and is repeated. */
  trying(reason: string): void {
    if (!this.#isDone) void this.#send({ type: 'trying', reason });
  }

  #send(report: DaemonReport): Promise<void> {
    const channel = ownChannel();
    if (!channel.isConnected) return Promise.resolve();
    return new Promise((resolve) => {
      channel.sendPlain(report, () => resolve());
    });
  }
}

/** Cuts the connection to the process that started it. */
function letGo(): void {
  ownChannel().close();
}
