import { Server, Worker, server, worker, type WorkerPeer } from 'serverengine';
import {
  FakeClock,
  createTestContainer,
  createTestLog,
  createTestServer,
  createTestWorker,
} from 'serverengine/testing';

interface Config {
  readonly greeting: string;
}

@worker()
class KitWorker extends Worker<Config> {
  readonly story: string[] = [];

  override async run(): Promise<void> {
    this.ready();
    this.story.push('run');
    await this.untilStop();
    await this.drained();
    this.story.push('end');
  }

  override afterDrain(): void {
    this.story.push('afterDrain');
  }

  override stop(): void {
    this.story.push('stop');
  }

  override reload(): void {
    this.story.push(this.config.greeting);
    if (this.config.greeting === 'bad') throw new Error('reload is broken');
  }
}

@server()
class KitServer extends Server<Config> {
  override async stop(graceful: boolean): Promise<void> {
    this.logger.warn('about to stop', { graceful });
    await super.stop(graceful);
  }
}

const config = { greeting: 'one' };

describe('createTestWorker', () => {
  it('runs, reloads and stops a worker', async () => {
    const test = createTestWorker(KitWorker, { config });
    const running = test.run();
    await Promise.resolve();
    expect(test.isReady).toBe(true);
    await test.reload({ greeting: 'two' });
    await test.stop();
    await running;
    expect(test.worker.story).toEqual(['run', 'two', 'stop', 'end', 'afterDrain']);
    expect(test.worker.stopSignal.aborted).toBe(true);
  });

  it('counts jobs, and rejects invalid counts', () => {
    const test = createTestWorker(KitWorker, { config });
    test.worker.jobDone();
    test.worker.jobDone(4);
    test.worker.jobDone(0);
    expect(test.jobs).toBe(5);
    for (const wrong of [-1, 1.5, NaN, Infinity, '2']) {
      expect(() => test.worker.jobDone(wrong as number)).toThrow(
        /KitWorker\.jobDone\(\) needs an integer >= 0, got/,
      );
    }
    expect(test.jobs).toBe(5);
  });

  it('calls stop() once, as the engine does', async () => {
    const test = createTestWorker(KitWorker, { config });
    await test.stop();
    await test.stop();
    expect(test.worker.story).toEqual(['stop', 'afterDrain']);
  });

  it('logs a throw in a hook, as the engine does', async () => {
    const test = createTestWorker(KitWorker, { config });
    await test.reload({ greeting: 'bad' });
    expect(test.log).toEqual([
      {
        level: 'error',
        message: 'reload() failed',
        fields: { error: expect.objectContaining({ message: 'reload is broken' }) as unknown },
      },
    ]);
  });

  it('has the same requirements as the engine', () => {
    class Unmarked extends KitWorker {}
    expect(() => createTestWorker(Unmarked, { config })).toThrow(/Unmarked/);
  });
});

describe('createTestServer', () => {
  it('records the requests of the server to the engine', async () => {
    const test = createTestServer(KitServer, { config });
    await test.stop(false);
    test.server.scale(3);
    expect(test.calls).toEqual([
      { method: 'stop', args: [false] },
      { method: 'scale', args: [3] },
    ]);
    expect(test.log).toEqual([{ level: 'warn', message: 'about to stop', fields: { graceful: false } }]);
  });

  it('applies the new config on reload, then reloads the workers', async () => {
    const test = createTestServer(KitServer, { config });
    await test.reload({ greeting: 'two' });
    expect(test.server.config.greeting).toBe('two');
    expect(test.calls.map(({ method }) => method)).toEqual(['reloadConfig', 'reloadWorkers']);
  });

  it('accepts sockets of the test', async () => {
    const sock = { address: () => ({ port: 1 }) };
    const test = createTestServer(KitServer, {
      config,
      control: { listenTcp: () => Promise.resolve(sock as never) },
    });
    expect(await test.server.listenTcp({ port: 0 })).toBe(sock);
  });

  it('reports a socket that the test has not provided', async () => {
    const test = createTestServer(KitServer, { config });
    await expect(test.server.listenUdp({ port: 0 })).rejects.toThrow(
      'createTestServer opens no sockets: give control: { listenUdp: async () => … }.',
    );
  });
});

describe('FakeClock', () => {
  it('is exported by the test kit', () => {
    const clock = new FakeClock();
    let fired = false;
    clock.after(1000, () => {
      fired = true;
    });
    clock.advance(1000);
    expect(fired).toBe(true);
  });
});

@worker()
class TalkingWorker extends Worker {
  override async onMessage(message: { n: number }): Promise<void> {
    if (message.n < 0) throw new Error('negative');
    await this.send({ twice: message.n * 2 });
  }
}

@server()
class TalkingServer extends Server {
  override async onMessage(message: { n: number }, from: WorkerPeer): Promise<void> {
    await from.send({ to: `${from.group}/${String(from.workerId)}`, ...message });
    await this.broadcast(message, { group: 'web' });
  }
}

describe('messages in the test kit', () => {
  it('a worker receives and sends copies, and a throw in a hook is logged', async () => {
    const test = createTestWorker(TalkingWorker);
    await test.receive({ n: 2 });
    expect(test.sent).toEqual([{ twice: 4 }]);
    await test.receive({ n: -1 });
    expect(test.log).toMatchObject([{ level: 'error', message: 'onMessage() failed' }]);
    await expect(test.receive({ n: () => {} })).rejects.toMatchObject({ code: 'ERR_MESSAGE' });
  });

  it('a server receives from a worker that it can answer, and broadcasts', async () => {
    const test = createTestServer(TalkingServer);
    const send = jest.fn(() => Promise.resolve({ ok: true }));
    await test.receive({ n: 1 }, { group: 'web', workerId: 3, send });
    expect(send).toHaveBeenCalledWith({ to: 'web/3', n: 1 });
    expect(test.calls).toEqual([{ method: 'broadcast', args: [{ n: 1 }, { group: 'web' }] }]);
  });

  it('the log and the container work on their own', () => {
    const { logger, log } = createTestLog();
    logger.warn('careful', { n: 1 });
    expect(log).toEqual([{ level: 'warn', message: 'careful', fields: { n: 1 } }]);
    const container = createTestContainer([{ provide: 'Database', useValue: 'fake' }]);
    expect(container.resolve('Database')).toBe('fake');
  });
});
