import { FakeClock } from '../../../src/testing/fake-clock';
import type { GiveUpOutcome } from '../../../src/common/socket-moves';
import type { SocketQuery } from '../../../src/common/socket-query';
import type { HeldSocket } from '../../../src/sockets/held-socket';
import type { SocketClient } from '../../../src/sockets/socket-client';
import type { SocketHolder } from '../../../src/sockets/socket-holder';
import { socketKey, type RegistryEntry, type SocketSource } from '../../../src/sockets/socket-registry';
import type { MovedNotice, SocketUser } from '../../../src/sockets/socket-user';
import { SocketUsers } from '../../../src/sockets/socket-users';
import { workerSucceeds } from '../../../src/sockets/succession';

const OLD: SocketQuery = { address: '127.0.0.1', port: 80, addressType: 4 };
const NEW: SocketQuery = { address: '0.0.0.0', port: 80, addressType: 4 };
const [OLD_KEY, NEW_KEY] = [socketKey(OLD, 0), socketKey(NEW, 0)];
const EADDRINUSE = -98;

/** A system where each address is in the way of the others, and where errors can be injected. */
class OnePlace implements SocketSource {
  held: string | undefined;
  readonly broken = new Set<string>();
  readonly dropped: string[] = [];
  holder!: SocketHolder;

  shareWith(holder: SocketHolder): void {
    this.holder = holder;
  }

  async open(query: SocketQuery, index = 0): Promise<HeldSocket | number> {
    const key = socketKey(query, index);
    if (this.held !== undefined && this.held !== key) {
      if (!(await this.holder.giveUp(this.held, { key, isForced: false }))) return EADDRINUSE;
      this.held = undefined;
    }
    if (this.broken.has(key)) return EADDRINUSE;
    this.held = key;
    return { handle: { close: () => {} }, sockname: { address: query.address, port: query.port } };
  }

  drop(query: SocketQuery, index: number): void {
    this.dropped.push(socketKey(query, index));
  }

  alias(): void {}
  keep(): void {}
  release(): void {}
  lend(): void {}
  restore(): void {}
  letGo(): void {}
  closeAll(): void {}

  entries(): readonly RegistryEntry[] {
    return [];
  }
}

interface FakeWorker extends SocketUser {
  /** Its messages, in order. */
  readonly told: string[];
  outcome: GiveUpOutcome;
}

function setUp() {
  const clock = new FakeClock();
  const source = new OnePlace();
  const notices: string[] = [];
  const onMoved = ({ what, users }: MovedNotice): void => void notices.push(`${what} ${String(users)}`);
  const use = new SocketUsers(source, clock, { succeeds: workerSucceeds, onMoved });
  const worker = (name: string, age: number): FakeWorker => {
    const told: string[] = [];
    const self: { outcome: GiveUpOutcome } = { outcome: 'given' };
    const client: SocketClient = {
      giveUp: async ({ key }) => (told.push(`give up ${key}`), self.outcome),
      instead: (_seat, key, held) => told.push(held ? `take ${key}` : 'wait no longer'),
    };
    return Object.assign(self, use.user({ name, age, client }), { told });
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { clock, source, use, notices, worker, settle };
}

async function withOldWorkers() {
  const all = setUp();
  const [one, two] = [all.worker('0', 1), all.worker('1', 1)];
  for (const worker of [one, two]) await worker.open(OLD, 0);
  return { ...all, one, two };
}

const MOVED = [`give up ${OLD_KEY}`, `take ${NEW_KEY}`];
const THERE_AND_BACK = [...MOVED, `give up ${NEW_KEY}`, `take ${OLD_KEY}`];

describe('another address on the same port', () => {
  it('is given to a successor, while older users continue until they are replaced', async () => {
    const { source, clock, use, notices, worker, one, two } = await withOldWorkers();
    const next = worker('0', 2);
    expect(await next.open(NEW, 0)).toMatchObject({ sockname: { address: '0.0.0.0' } });
    expect([one.told, two.told, next.told]).toEqual([MOVED, MOVED, []]);
    expect(notices).toEqual(['moved 2']);
    expect([one.isListening(), two.isListening(), next.isListening()]).toEqual([true, true, true]);
    const last = worker('1', 2);
    await last.open(NEW, 0);
    for (const old of [one, two]) {
      old.leave();
      old.close(NEW_KEY);
      old.end();
    }
    use.allAreUp();
    clock.advance(600_000);
    expect(source.dropped).toEqual([]);
    expect(source.held).toBe(NEW_KEY);
  });

  it('is not given to a process that is no successor', async () => {
    const { source, worker, one } = await withOldWorkers();
    expect(await worker('2', 1).open(NEW, 0)).toBe(EADDRINUSE);
    expect(await one.open(NEW, 0)).toBe(EADDRINUSE);
    expect([one.told, source.held]).toEqual([[], OLD_KEY]);
  });

  it('is given at once when no process has the old one any more', async () => {
    const { source, worker, one, two } = await withOldWorkers();
    one.end();
    two.end();
    expect(await worker('7', 1).open(NEW, 0)).toMatchObject({ sockname: { address: '0.0.0.0' } });
    expect(source.held).toBe(NEW_KEY);
  });

  it('is taken back when no successor is left, so that a halted rollout causes no outage', async () => {
    const { source, notices, worker, settle, one, two } = await withOldWorkers();
    const next = worker('0', 2);
    await next.open(NEW, 0);
    next.end();
    await settle();
    expect([one.told, two.told]).toEqual([THERE_AND_BACK, THERE_AND_BACK]);
    expect(notices).toEqual(['moved 2', 'back 2']);
    expect(source.held).toBe(OLD_KEY);
    expect(one.has(OLD, 0)).toBe(true);
    // The next try finds everything as it was.
    await worker('0', 3).open(NEW, 0);
    expect(one.told).toEqual([...THERE_AND_BACK, ...MOVED]);
  });

  it('is taken back also when the successor dies before its answer, or closes it and lives on', async () => {
    const { clock, worker, settle, one } = await withOldWorkers();
    const dying = worker('0', 2);
    const opened = dying.open(NEW, 0);
    dying.end();
    await opened;
    await settle();
    expect(one.told).toEqual(THERE_AND_BACK);
    const closing = worker('0', 3);
    await closing.open(NEW, 0);
    closing.close(NEW_KEY);
    clock.advance(1000);
    await settle();
    expect(one.told).toEqual([...THERE_AND_BACK, ...THERE_AND_BACK]);
  });

  it('is not taken back for workers that end themselves', async () => {
    const { source, worker, settle, one, two } = await withOldWorkers();
    const next = worker('0', 2);
    await next.open(NEW, 0);
    one.leave();
    two.end();
    next.end();
    await settle();
    expect([one.told, two.told]).toEqual([MOVED, MOVED]);
    expect(source.held).toBe(NEW_KEY);
  });

  it('is not waited for by a worker that was told to stop meanwhile', async () => {
    const { worker, one } = await withOldWorkers();
    const opened = worker('0', 2).open(NEW, 0);
    one.leave();
    await opened;
    expect(one.told).toEqual([`give up ${OLD_KEY}`, 'wait no longer']);
  });

  it.each<GiveUpOutcome>(['refused', 'given'])(
    'restores the old one when the new one cannot be opened (%s)',
    async (outcome) => {
      const { source, notices, worker, one, two } = await withOldWorkers();
      two.outcome = outcome;
      if (outcome === 'given') source.broken.add(NEW_KEY);
      expect(await worker('0', 2).open(NEW, 0)).toBe(EADDRINUSE);
      // A user that refused may only have been slow, and close it after all.
      for (const old of [one, two]) expect(old.told).toEqual([`give up ${OLD_KEY}`, `take ${OLD_KEY}`]);
      expect(notices).toEqual(['back 2']);
      expect([source.held, one.has(OLD, 0)]).toEqual([OLD_KEY, true]);
    },
  );

  it('logs an error when the old one cannot be restored either', async () => {
    const { source, notices, worker, one } = await withOldWorkers();
    source.broken.add(NEW_KEY).add(OLD_KEY);
    expect(await worker('0', 2).open(NEW, 0)).toBe(EADDRINUSE);
    expect(notices).toEqual(['lost 2']);
    expect(one.told).toEqual([`give up ${OLD_KEY}`, 'wait no longer']);
  });

  it('skips a worker that has closed its server itself', async () => {
    const { worker, one, two, notices } = await withOldWorkers();
    two.outcome = 'nothing';
    await worker('0', 2).open(NEW, 0);
    expect([one.told, two.told]).toEqual([MOVED, [`give up ${OLD_KEY}`]]);
    expect(notices).toEqual(['moved 1']);
  });
});
