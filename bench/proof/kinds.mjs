// The kinds of restart: the configuration of each, how to do it, and when it is complete.
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './app-tree.mjs';

// Longer than a heartbeat interval.
const STALL_MS = 1100;

// As daemons, so that an upgrade leaves no stand-in behind.
const PLAIN = { daemonize: true, restartStrategy: 'all' };
const SUPERVISED = { daemonize: true, supervisor: true, enableDetach: true };
const SERVER_PROCESS = { ...SUPERVISED, restartServerProcess: true };

/**
 * `config`: kinds with the same config share one app. `change`: settings to reload before the start. `isGraceful`: no
 * request may be lost. For a kill, only refusals count.
 */
export const KINDS = [
  { name: 'restart, all', config: PLAIN, isGraceful: true, act: (tree) => replaceAll(tree, 'SIGUSR1') },
  {
    name: 'restart, rolling',
    config: PLAIN,
    change: { restartStrategy: 'rolling' },
    isGraceful: true,
    act: roll,
  },
  { name: 'scale down and up', config: PLAIN, isGraceful: true, act: scale },
  { name: 'reload', config: PLAIN, isGraceful: true, act: reload },
  { name: 'upgrade', config: PLAIN, isGraceful: true, act: upgrade },
  { name: 'kill -9 of a worker', config: PLAIN, isGraceful: false, act: killWorker },
  { name: 'live restart', config: SUPERVISED, isGraceful: true, act: (tree) => replaceAll(tree, 'SIGINT') },
  { name: 'upgrade with supervisor', config: SUPERVISED, isGraceful: true, act: upgrade },
  { name: 'kill -9 of the server', config: SUPERVISED, isGraceful: false, act: killServer },
  // No worker is killed, so nothing may be lost. Workers notice late, by a failed heartbeat.
  { name: 'kill -9 of the server, workers stalled', config: SUPERVISED, isGraceful: true, act: killUnseen },
  {
    name: 'restart of the server process',
    config: SERVER_PROCESS,
    isGraceful: true,
    act: (tree) => replaceAll(tree, 'SIGUSR1'),
  },
];

/** Sends the signal. Complete when all workers are new and the old ones gone. */
async function replaceAll(tree, signal) {
  await replaced(tree, tree.workerPids(), tree.workers, () => tree.signal(signal));
}

async function replaced(tree, old, count, act) {
  const since = tree.lines().length - 1;
  await act();
  await tree.untilLine(/: worker \d+ is running /, since, count);
  await tree.until(() => !old.some(isAlive), `the old workers ${old} are gone`);
}

async function roll(tree) {
  const since = tree.lines().length - 1;
  await replaceAll(tree, 'SIGUSR1');
  await tree.untilLine(/rolling restart finished/, since);
}

async function scale(tree) {
  const old = tree.workerPids();
  tree.signal('SIGTTOU');
  await tree.until(() => old.filter(isAlive).length === old.length - 1, 'a worker is gone');
  await replaced(tree, [], 1, () => tree.signal('SIGTTIN'));
}

async function reload(tree) {
  const since = tree.lines().length - 1;
  tree.signal('SIGUSR2');
  await tree.untilLine(/: worker reloaded/, since, tree.workers);
}

async function upgrade(tree) {
  const top = tree.pid;
  await replaceAll(tree, 'SIGURG');
  await tree.until(() => !isAlive(top), 'the old main process is gone');
}

async function killWorker(tree) {
  const [victim] = tree.workerPids();
  await replaced(tree, [victim], 1, () => process.kill(victim, 'SIGKILL'));
}

async function killServer(tree) {
  await replaced(tree, tree.workerPids(), tree.workers, () => process.kill(tree.serverPid(), 'SIGKILL'));
}

async function killUnseen(tree) {
  const old = tree.workerPids();
  await replaced(tree, old, tree.workers, async () => {
    for (const pid of old) process.kill(pid, 'SIGSTOP');
    process.kill(tree.serverPid(), 'SIGKILL');
    await sleep(STALL_MS);
    for (const pid of old) process.kill(pid, 'SIGCONT');
  });
}
