// The client process, from the side of the driver.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('load.mjs', import.meta.url));

const running = new Set();

/** For an interrupted chaos. */
export function endLoads() {
  for (const child of running) child.kill('SIGKILL');
}

/** Resolves when it asks. `finish` resolves with its report once the last answer is there. */
export async function startLoad(targets) {
  const child = fork(SCRIPT, [JSON.stringify(targets)]);
  running.add(child);
  child.once('exit', () => running.delete(child));
  await once(child, 'message');
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the client ended with ${signal ?? code} before it reported`);
  });
  ended.catch(() => {});
  return {
    async finish() {
      const report = once(child, 'message');
      child.send('end');
      return (await Promise.race([report, ended]))[0];
    },
  };
}
