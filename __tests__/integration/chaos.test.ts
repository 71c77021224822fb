import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What bench/chaos found in one episode. */
interface Episode {
  readonly asked: number;
  readonly wrong: readonly string[];
}

const RUN = join(__dirname, '../../bench/chaos/run.mjs');
const LIMIT_MS = 600_000;

describe('random harm to engines under load', () => {
  it(
    'leaves the tree, the log and the requests as they must be',
    async () => {
      // Its channel to us is how it notices that we are gone.
      const child = spawn(process.execPath, [RUN, '--short', '--json'], {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
      const [output, told] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
      if (!output.startsWith('[')) throw new Error(`the chaos was broken off:\n${told}`);
      const episodes = JSON.parse(output) as readonly Episode[];
      if (episodes.some(({ wrong }) => wrong.length > 0)) throw new Error(told);
      // Of four; some may be void where the machine is too busy.
      expect(episodes.length).toBeGreaterThanOrEqual(2);
      for (const { asked } of episodes) expect(asked).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );
});
