// Clients at full speed or at a fixed rate.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { runCommand, withChild } from './commands.mjs';
import { assertRunning } from './interruption.mjs';
import { peerPath } from './peers.mjs';

const RATE_CLIENT = fileURLToPath(new URL('rate-client.mjs', import.meta.url));
const CONNECTIONS = 32;
const MARGIN_MS = 15_000;

/** Requests per second of a client that sends the next request after each answer, by wrk or otherwise autocannon. */
export async function requestRate(port, { isKeptAlive, seconds, hasWrk }) {
  const url = `http://127.0.0.1:${port}/`;
  const limitMs = seconds * 1000 + MARGIN_MS;
  const close = isKeptAlive ? [] : ['-H', 'Connection: close'];
  const load = [`-c${CONNECTIONS}`, `-d${seconds}${hasWrk ? 's' : ''}`, ...close];
  const { stdout, stderr } = hasWrk
    ? await runCommand('wrk', ['-t1', ...load, url], { limitMs })
    : await runCommand(process.execPath, [peerPath('autocannon'), '--json', ...load, url], { limitMs });
  const rate = hasWrk ? /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] : JSON.parse(stdout).requests.average;
  if (!(Number(rate) > 0)) throw new Error(`no answers: ${stderr.trim().slice(0, 100)}`);
  return Number(rate);
}

/** Asks at a fixed rate while `use` runs. Resolves with the report of the client. */
export async function atFixedRate(port, perSecond, limitMs, use) {
  assertRunning();
  const child = fork(RATE_CLIENT, [JSON.stringify({ port, perSecond })]);
  return withChild(child, limitMs, async () => {
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the client ended with ${signal ?? code} before it reported`);
    });
    ended.catch(() => {});
    await Promise.race([once(child, 'message'), ended]);
    await use();
    const report = once(child, 'message');
    child.send('end');
    return (await Promise.race([report, ended]))[0];
  });
}
