import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The findings of bench/proof-logs for one kind of fault. */
interface Row {
  readonly name: string;
  readonly writers: number;
  readonly lines: number;
  readonly rotations: number;
  readonly moves: number;
  readonly lost: number;
  readonly twice: number;
  readonly disordered: number;
  readonly torn: number;
  readonly problems: readonly string[];
}

const ROOT = join(__dirname, '../..');
const LIMIT_MS = 600_000;

/** The short version of `npm run proof:logs`: each kind once, few lines. */
async function prove(): Promise<ReadonlyMap<string, Row>> {
  // The child ends when its channel to this process closes.
  const args = [join(ROOT, 'bench/proof-logs/run.mjs'), '--short', '--json', '--lines', '2500'];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const [output, errors] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  if (!output.startsWith('[')) throw new Error(`the proof was broken off:\n${errors}`);
  return new Map((JSON.parse(output) as readonly Row[]).map((row) => [row.name, row]));
}

describe('the log loses, doubles and tears no line (PARITY: several processes may write)', () => {
  let rows: ReadonlyMap<string, Row>;

  beforeAll(async () => {
    rows = await prove();
  }, LIMIT_MS);

  it.each([
    ['four processes', 4],
    ['four processes, compressed', 4],
    ['four processes, daily files', 4],
    ['four processes under a supervisor', 4],
    ['four threads', 4],
    ['two foreign programs, stdout and stderr', 4],
    ['process.exit() right after the last line', 4],
    ['kill -9 of workers', 8],
    // Workers of a killed parent may lose even their first lines.
    ['kill -9 of the server', 5],
    ['kill -9 of the main process, started again', 5],
  ])('with %s', (kind, writers) => {
    const row = rows.get(kind)!;
    if (row.problems.length > 0) throw new Error(row.problems.join('\n'));
    expect(row).toMatchObject({ lost: 0, twice: 0, disordered: 0, torn: 0 });
    expect(row.writers).toBeGreaterThanOrEqual(writers);
    // On a slow machine the file is moved away before it is large enough to be rotated.
    if (kind.startsWith('four')) expect(row.rotations + row.moves).toBeGreaterThan(0);
  });
});
