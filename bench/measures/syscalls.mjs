// The kernel work for a request: system calls of the whole tree, by request.
import { Agent, get } from 'node:http';
import { countSyscalls } from '../lib/syscalls.mjs';
import { entrantsOf } from './entrants.mjs';

const WARM_UP = 300;
const COUNTED = 1000;

export const syscalls = {
  name: 'syscalls',
  what: 'system calls for a request',
  deadlineMs: 60_000,
  baseline: 'inherited-fd',
  columns: [
    { figure: 'keepAlive', title: 'kept alive', unit: '' },
    { figure: 'short', title: 'with a connection of its own', unit: '' },
  ],
  entrants: (scene) =>
    entrantsOf(['serverengine', 'inherited-fd', 'cluster'], scene, {
      rounds: { full: 1, quick: 0 },
      why: () => (scene.tools.strace ? undefined : 'no strace'),
      run: (contender) => async (ground) => {
        const tree = await ground.start(contender, 1);
        await tree.untilAnswered(1);
        return { keepAlive: await byRequest(tree, true), short: await byRequest(tree, false) };
      },
    }),
};

async function byRequest(tree, keepAlive) {
  const agent = new Agent({ keepAlive, maxSockets: 1 });
  const ask = async (count) => {
    for (let request = 0; request < count; request += 1) await askOnce(tree.port, agent);
  };
  try {
    await ask(WARM_UP);
    return (await countSyscalls(tree.pids(), tree.folder, () => ask(COUNTED))) / COUNTED;
  } finally {
    agent.destroy();
  }
}

function askOnce(port, agent) {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', agent }, (response) => {
      response.resume();
      response.on('end', resolve);
      response.on('error', reject);
    }).on('error', reject);
  });
}
