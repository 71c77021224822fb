import { spawn, type ChildProcess } from 'node:child_process';
import type { Clock } from '../common/clock';
import { sendSignal } from '../common/signals';
import type { SocketQuery } from '../common/socket-query';
import type { RawHandle } from '../sockets/held-socket';
import type { RegistryEntry } from '../sockets/socket-registry';

/** What a new top process tells the one that started it. */
export type DaemonReport =
  | { readonly type: 'up' }
  | { readonly type: 'failed'; readonly reason: string }
  /** A successor wants the sockets before it begins. */
  | { readonly type: 'ask_sockets' };

/** The answer, a message for each socket with the handle beside it, then the end. */
export type SocketHandOver =
  | {
      readonly type: 'socket';
      readonly query: SocketQuery;
      readonly index: number;
      readonly sockname: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'sockets_end' };

export interface DaemonLaunch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly title: string | undefined;
  /** 'inherit': it writes where we write. */
  readonly output: 'ignore' | 'inherit';
  /** What a successor takes over. */
  readonly sockets: readonly RegistryEntry[];
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Gives up: nothing of it is left then. */
  readonly signal?: AbortSignal;
}

/**
 * Starts a new top process in a session of its own and waits until it is up.
 * Resolves with the reason when it is not going to be; nothing of it is left then.
 */
export function launchDaemon(
  launch: DaemonLaunch,
): Promise<{ readonly child: ChildProcess } | { readonly failure: string }> {
  const child = spawn(launch.command, launch.args, {
    detached: true,
    env: launch.env,
    serialization: 'advanced',
    stdio: ['ignore', launch.output, launch.output, 'ipc'],
    ...(launch.title === undefined ? {} : { argv0: launch.title }),
  });
  return new Promise((resolve) => {
    const { pid } = child;
    let failure: string | undefined;
    const giveUp = (why: string): void => {
      // Its pid is that of its group: whatever it has started goes with it.
      if (pid !== undefined) sendSignal(-pid, 'SIGKILL');
      settle({ failure: why });
    };
    const timer = launch.clock.after(launch.timeoutMs, () =>
      giveUp(`the server was not up after ${launch.timeoutMs / 1000} s (daemonizeTimeout)`),
    );
    const onAbort = (): void => giveUp('a stop came first');
    launch.signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (outcome: { child: ChildProcess } | { failure: string }): void => {
      timer.cancel();
      launch.signal?.removeEventListener('abort', onAbort);
      child.removeAllListeners();
      // A late error has nobody to tell.
      child.on('error', () => {});
      if (child.connected) child.disconnect();
      resolve(outcome);
    };
    child.on('message', (report: DaemonReport) => {
      switch (report.type) {
        case 'up':
          settle({ child });
          return;
        case 'failed':
          failure = report.reason;
          return;
        case 'ask_sockets':
          handOver(child, launch.sockets);
      }
    });
    child.once('error', (error) => settle({ failure: error.message }));
    child.once('exit', (code, signal) => {
      const how = signal === null ? `status ${String(code)}` : `signal ${signal}`;
      settle({ failure: failure ?? `the new process ended with ${how} before the server was up` });
    });
  });
}

function handOver(child: ChildProcess, sockets: readonly RegistryEntry[]): void {
  const send = (message: SocketHandOver, handle?: object): void => {
    if (child.connected) child.send(message, handle as never, () => {});
  };
  for (const { query, index, held } of sockets) {
    send({ type: 'socket', query, index, sockname: held.sockname }, held.handle);
  }
  send({ type: 'sockets_end' });
}

/** Runs in a successor: the sockets of the process that it takes over from. */
export function receiveSockets(): Promise<readonly RegistryEntry[]> {
  const entries: RegistryEntry[] = [];
  return new Promise((resolve) => {
    const onMessage = (message: SocketHandOver | null, handle: unknown): void => {
      if (message?.type === 'socket') {
        const { query, index, sockname } = message;
        entries.push({ query, index, held: { handle: handle as RawHandle, sockname } });
      } else if (message?.type === 'sockets_end') {
        process.off('message', onMessage);
        resolve(entries);
      }
    };
    process.on('message', onMessage);
    const ask: DaemonReport = { type: 'ask_sockets' };
    process.send?.(ask, undefined, undefined, () => {});
  });
}

/** Runs in the daemon: what the launcher is to know. Said once; afterwards nothing ties the two together. */
export class LauncherReport {
  #isDone = false;

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Resolves when the launcher has it: only then may this process exit. */
  up(): Promise<void> {
    return this.#send({ type: 'up' });
  }

  failed(reason: string): Promise<void> {
    return this.#send({ type: 'failed', reason });
  }

  #send(report: DaemonReport): Promise<void> {
    if (this.#isDone || !process.connected) return Promise.resolve();
    this.#isDone = true;
    return new Promise((resolve) => {
      process.send?.(report, undefined, undefined, () => {
        if (process.connected) process.disconnect();
        resolve();
      });
    });
  }
}
