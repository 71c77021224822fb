import { readdirSync } from 'node:fs';
import { join } from 'node:path';
// Imported here, its afterEach() applies to all files of the room, not only to the first that loads it.
import './reaping';
import { runsAlone } from './runs-alone';

const UNIT = join(__dirname, '../unit');

/** Runs the unit tests of a room as one file: to set up a file takes longer than most of its tests. */
export function runRoom(room: string): void {
  const folder = join(UNIT, room);
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!name.endsWith('.test.ts') || runsAlone(path)) continue;
    describe(name, () => {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- its tests are those of this describe()
      require(path);
    });
  }
}
