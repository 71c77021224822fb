import { spawn } from 'node:child_process';
import type { Clock } from '../common/clock';
import { sendSignal } from '../common/signals';

/** What the daemon tells its launcher. */
export type DaemonReport = { readonly type: 'up' } | { readonly type: 'failed'; readonly reason: string };

export interface DaemonLaunch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly title: string | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/**
 * Runs in the launcher: starts the daemon in a session of its own and waits until it is up.
 * Resolves with the reason when it is not going to be; nothing of it is left then.
 */
export function launchDaemon(
  launch: DaemonLaunch,
): Promise<{ readonly pid: number } | { readonly failure: string }> {
  const child = spawn(launch.command, launch.args, {
    detached: true,
    env: launch.env,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    ...(launch.title === undefined ? {} : { argv0: launch.title }),
  });
  return new Promise((resolve) => {
    const { pid } = child;
    let failure: string | undefined;
    const timer = launch.clock.after(launch.timeoutMs, () => {
      // Its pid is that of its group: whatever it has started goes with it.
      if (pid !== undefined) sendSignal(-pid, 'SIGKILL');
      failure = `the server was not up after ${launch.timeoutMs / 1000} s (daemonizeTimeout)`;
      settle({ failure });
    });
    const settle = (outcome: { pid: number } | { failure: string }): void => {
      timer.cancel();
      child.removeAllListeners();
      if (child.connected) child.disconnect();
      child.unref();
      resolve(outcome);
    };
    child.on('message', (report: DaemonReport) => {
      if (report.type === 'up') settle({ pid: pid ?? 0 });
      else failure = report.reason;
    });
    child.once('error', (error) => settle({ failure: error.message }));
    child.once('exit', (code, signal) => {
      const how = signal === null ? `status ${String(code)}` : `signal ${signal}`;
      settle({ failure: failure ?? `the daemon ended with ${how} before the server was up` });
    });
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
