import { execFile } from 'node:child_process';
import { MAIN_IS_SENDER } from './notify-step';

// The program waits until the service manager has read the message. If that takes longer, something is wrong.
const LIMIT_MS = 10_000;

/**
 * Sends assignments to the service manager. Node has no unix datagram sockets, so systemd's own program does it.
 * Never rejects. Resolves with the reason if it failed; undefined: the message was sent.
 */
export function sendNotice(assignments: readonly string[]): Promise<string | undefined> {
  const [program, args] = programFor(assignments);
  return new Promise((resolve) => {
    execFile(program, args, { timeout: LIMIT_MS, killSignal: 'SIGKILL' }, (error, _, stderr) => {
      if (!error) resolve(undefined);
      else if (error.code === 'ENOENT') resolve('the program systemd-notify is not installed');
      else resolve(stderr.trim() || error.message);
    });
  });
}

/**
 * systemd looks at whose child the main process is only when it hears of another one. So it hears of the sender first, and
 * then of the actual main process.
 */
function programFor(assignments: readonly string[]): readonly [string, readonly string[]] {
  const [first, ...rest] = assignments;
  if (first !== MAIN_IS_SENDER) return ['systemd-notify', assignments];
  return ['/bin/sh', ['-c', `systemd-notify ${MAIN_IS_SENDER} && exec systemd-notify "$@"`, 'sh', ...rest]];
}
