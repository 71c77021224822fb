import { execFile } from 'node:child_process';

// It waits until the service manager has read the message. Longer than that, something is wrong with that one.
const LIMIT_MS = 10_000;

/**
 * Sends assignments to the service manager. Node has no unix datagrams, so that systemd's own program does it.
 * Resolves with why it failed; undefined: it was sent. Never rejects.
 */
export function sendNotice(assignments: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      'systemd-notify',
      assignments,
      { timeout: LIMIT_MS, killSignal: 'SIGKILL' },
      (error, _, stderr) => {
        if (!error) resolve(undefined);
        else if (error.code === 'ENOENT') resolve('the program systemd-notify is not installed');
        else resolve(stderr.trim() || error.message);
      },
    );
  });
}
