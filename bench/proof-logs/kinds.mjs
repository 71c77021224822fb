// What happens to the tree while it logs, and which lines may then be missing.
import { setTimeout as sleep } from 'node:timers/promises';

const FOUR = { workers: 4, logRotateAge: 1000, logRotateSize: 1024 * 1024, restartWorkerInterval: 0 };
const PROCESS = { ...FOUR, workerType: 'process' };

/**
 * `mayLose`: whose lines may stop at some point, without an earlier gap. Nobody's: every line is there once. 'own':
 * those of the killed workers, which waited in memory. 'later': those of all workers after their parent is gone.
 */
export const KINDS = [
  { name: 'four processes', config: PROCESS, mayLose: 'nothing' },
  { name: 'four processes, compressed', config: { ...PROCESS, logCompress: true }, mayLose: 'nothing' },
  {
    name: 'four processes, daily files',
    config: { ...PROCESS, logRotateDaily: true },
    mayLose: 'nothing',
    isMoved: false,
  },
  { name: 'four processes under a supervisor', config: { ...PROCESS, supervisor: true }, mayLose: 'nothing' },
  { name: 'four threads', config: { ...FOUR, workerType: 'thread' }, mayLose: 'nothing' },
  {
    name: 'two foreign programs, stdout and stderr',
    config: { ...FOUR, workers: 2, workerType: 'spawn' },
    mayLose: 'nothing',
  },
  {
    name: 'process.exit() right after the last line',
    config: { ...PROCESS, unrecoverableExitCodes: [0] },
    write: 'exit',
    linesEach: 100,
    mayLose: 'nothing',
    isMoved: false,
    endsByItself: true,
  },
  { name: 'kill -9 of workers', config: PROCESS, mayLose: 'own', kill: killWorkers },
  {
    name: 'kill -9 of the server',
    config: { ...PROCESS, supervisor: true, serverRestartWait: 0 },
    mayLose: 'later',
    kill: killServer,
  },
  { name: 'kill -9 of the main process, started again', config: PROCESS, mayLose: 'later', kill: killTop },
];

/** Writers that are halfway through, the latest first. */
async function busyWriters(folder, least, known = new Set()) {
  for (;;) {
    const busy = [...folder.noted()].filter(([writer, number]) => number > 100 && !known.has(writer));
    if (busy.length >= least) return busy.map(([writer]) => writer);
    await sleep(5);
  }
}

async function killWorkers(tree, folder) {
  const killed = new Set();
  for (let round = 0; round < 4; round += 1) {
    const [writer] = await busyWriters(folder, 1, killed);
    killed.add(writer);
    tree.kill(Number(writer.split('-')[1]));
  }
  return killed;
}

async function killServer(tree, folder) {
  const known = new Set();
  for (let round = 0; round < 2; round += 1) {
    for (const writer of await busyWriters(folder, 4, known)) known.add(writer);
    const [server] = tree.children();
    tree.kill(server);
  }
}

async function killTop(tree, folder) {
  await busyWriters(folder, 4);
  // A line that was being written may be cut. The next process repairs the end of its own file only.
  await folder.unmoved(async () => {
    const known = new Set(folder.noted().keys());
    await tree.killTopAndStartAgain();
    await busyWriters(folder, 1, known);
  });
}
