import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The findings of bench/chaos for one episode. */
interface Episode {
  readonly asked: number;
  readonly wrong: readonly string[];
}

const RUN = join(__dirname, '../../bench/chaos/run.mjs');
const LIMIT_MS = 600_000;

describe('random faults in engines under load', () => {
  it(
    'leave the process tree, the log and the requests correct',
    async () => {
      // The child ends when its channel to this process closes.
      const child = spawn(process.execPath, [RUN, '--short', '--json'], {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
      const [output, told] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
      if (!output.startsWith('[')) throw new Error(`the chaos was broken off:\n${told}`);
      const episodes = JSON.parse(output) as readonly Episode[];
      if (episodes.some(({ wrong }) => wrong.length > 0)) throw new Error(told);
      // Out of four: some may be void on a busy machine.
      expect(episodes.length).toBeGreaterThanOrEqual(2);
      for (const { asked } of episodes) expect(asked).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );
});
