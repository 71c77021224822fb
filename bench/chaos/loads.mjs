// The client process from the driver's side.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('load.mjs', import.meta.url));

const running = new Set();

/** For an interrupted run of chaos. */
export function endLoads() {
  for (const child of running) child.kill('SIGKILL');
}

/** Resolves once it sends requests. `finish` resolves with its report after the last answer. */
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
