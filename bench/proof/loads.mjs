// The client processes from the side of their parent.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('load.mjs', import.meta.url));

const running = new Set();

/** For an interrupted proof. */
export function endLoads() {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts a client process for each group of lanes. No sort may be in two groups. */
export async function startLoads(prefix, groups) {
  const loads = groups.map((lanes, index) => startLoad(`${prefix}${index}`, lanes));
  await Promise.all(loads.map(({ isLoading }) => isLoading));
  return {
    /** Ends the clients after their last answers. Resolves with the tallies by sort. */
    finish: async () => Object.assign({}, ...(await Promise.all(loads.map((load) => load.finish())))),
  };
}

function startLoad(prefix, lanes) {
  const child = fork(SCRIPT, [JSON.stringify({ prefix, lanes })]);
  running.add(child);
  child.once('exit', () => running.delete(child));
  const isLoading = once(child, 'message');
  return {
    isLoading,
    finish: async () => {
      const report = once(child, 'message');
      const ended = once(child, 'exit').then(([code, signal]) => {
        throw new Error(`a client process ended with ${signal ?? code} before it reported`);
      });
      child.send('end');
      const [tallies] = await Promise.race([report, ended]);
      ended.catch(() => {});
      return tallies;
    },
  };
}
