import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
// Imported here, its afterEach() applies to all files of the room, not only to the first that loads it.
import './reaping';
import { runsAlone } from './runs-alone';

const UNIT = join(__dirname, '../unit');

interface Room {
  readonly name: string;
  readonly files: readonly string[];
  /** What its tests cost is about what they are long. */
  readonly bytes: number;
}

function roomOf(name: string): Room {
  const files = readdirSync(join(UNIT, name))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(UNIT, name, file))
    .filter((path) => !runsAlone(path));
  return { name, files, bytes: files.reduce((sum, path) => sum + statSync(path).size, 0) };
}

/** The rooms in parts of about the same size: each room is in one of them. */
function partsOf(count: number): readonly (readonly Room[])[] {
  const parts = Array.from({ length: count }, () => ({ rooms: [] as Room[], bytes: 0 }));
  const largestFirst = readdirSync(UNIT)
    .map(roomOf)
    .sort((one, other) => other.bytes - one.bytes);
  for (const room of largestFirst) {
    const [smallest] = [...parts].sort((one, other) => one.bytes - other.bytes);
    smallest?.rooms.push(room);
    if (smallest) smallest.bytes += room.bytes;
  }
  return parts.map(({ rooms }) => rooms);
}

/** Runs a part of the rooms as one file: to set up a file, and to load the package for it, takes longer than most tests. */
export function runRooms(part: number, count: number): void {
  for (const { name, files } of partsOf(count)[part - 1] ?? [])
    describe(name, () => {
      for (const path of files)
        describe(path.slice(UNIT.length + 1), () => {
          // eslint-disable-next-line @typescript-eslint/no-require-imports -- its tests are those of this describe()
          require(path);
        });
    });
}
