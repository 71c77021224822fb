import { execFile } from 'node:child_process';

// The program waits until the service manager has read the message. If that takes longer, something is wrong.
const LIMIT_MS = 10_000;

/**
 * Sends assignments to the service manager. Node has no unix datagram sockets, so systemd's own program does it.
 * Never rejects. Resolves with the reason if it failed; undefined: the message was sent.
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
