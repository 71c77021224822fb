import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The findings of bench/proof for one kind of restart. */
interface Row {
  readonly name: string;
  readonly asked: Readonly<Record<string, number>>;
  readonly isGraceful: boolean;
  readonly refused: number;
  /** Kept connections that were closed under a request, which no server can fully exclude. */
  readonly reset: number;
  readonly lost: number;
  readonly twice: number;
  readonly failures: readonly string[];
}

const ROOT = join(__dirname, '../..');
const LIMIT_MS = 600_000;
const SORTS = ['short', 'lines', 'unix', 'keepAlive', 'thinking', 'slowBody', 'udp'];

/** The short version of `npm run proof:sockets`: each kind once. */
async function prove(): Promise<ReadonlyMap<string, Row>> {
  // The child ends when its channel to this process closes.
  const child = spawn(process.execPath, [join(ROOT, 'bench/proof/run.mjs'), '--short', '--json'], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const [output, errors] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  if (!output.startsWith('[')) throw new Error(`the proof was broken off:\n${errors}`);
  return new Map((JSON.parse(output) as readonly Row[]).map((row) => [row.name, row]));
}

describe('no request is lost', () => {
  let rows: ReadonlyMap<string, Row>;

  beforeAll(async () => {
    rows = await prove();
  }, LIMIT_MS);

  it.each([
    'restart, all',
    'restart, rolling',
    'scale down and up',
    'reload',
    'upgrade',
    'live restart',
    'upgrade with supervisor',
    'kill -9 of the server, workers stalled',
    'restart of the server process',
  ])('%s: every request and every datagram is answered once', (kind) => {
    const { refused, lost, twice, asked, failures } = rows.get(kind)!;
    if (refused + lost + twice > 0) throw new Error(failures.join('\n'));
    expect(Object.keys(asked).sort()).toEqual([...SORTS].sort());
    for (const count of Object.values(asked)) expect(count).toBeGreaterThan(0);
  });

  it('closes next to no kept connection under a request', () => {
    const graceful = [...rows.values()].filter(({ isGraceful }) => isGraceful);
    expect(graceful.reduce((sum, { reset }) => sum + reset, 0)).toBeLessThanOrEqual(1);
  });

  it.each(['kill -9 of a worker', 'kill -9 of the server'])('%s: no connection is refused', (kind) => {
    expect(rows.get(kind)!.refused).toBe(0);
  });
});
