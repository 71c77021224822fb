import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/clients';
import { eventually } from '../support/eventually';
import { Program, sampleFolder } from './program';
import { hasLogger, SyslogSender } from './syslog-sender';

if (!hasLogger) {
  console.warn('logger is not installed (Debian: bsdutils): samples/07-syslog-collector.ts is not run');
}

/** Far fewer than the kernel buffers for a UDP socket that nobody reads for a moment. */
const MOST_UNDER_WAY = 60;

/** Which lines were sent, and which of them the collector has. */
class Account {
  readonly sent: string[] = [];
  readonly #files: readonly string[];

  constructor(files: readonly string[]) {
    this.#files = files;
  }

  kept(): readonly string[] {
    const texts = this.#files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : ''));
    return texts.flatMap((text) => text.match(/\b(udp|tcp)-\d+$/gm) ?? []);
  }

  /** Resolves when at most so many lines are missing. */
  async settled(missing: number): Promise<void> {
    await eventually(
      () => this.sent.length - this.kept().length <= missing,
      `no more than ${String(missing)} of the lines that were sent are missing`,
    );
  }

  /** Sends over UDP and over one TCP connection, from before the command until after its end. */
  async during(port: number, command: () => Promise<unknown>): Promise<void> {
    const senders = [new SyslogSender('udp', port), new SyslogSender('tcp', port)];
    const send = (): void => {
      for (const sender of senders) this.sent.push(sender.send(this.sent.length));
    };
    let isOver = false;
    const pump = async (): Promise<void> => {
      while (!isOver) {
        send();
        await this.settled(MOST_UNDER_WAY);
        await sleep(5);
      }
    };
    send();
    await this.settled(0);
    const pumping = pump();
    try {
      await command();
    } finally {
      isOver = true;
      await pumping;
    }
    await Promise.all(senders.map((sender) => sender.end()));
  }
}

(hasLogger ? describe : describe.skip)('samples/07-syslog-collector.ts', () => {
  afterEach(() => Program.reapAll());

  it('samples/07-syslog-collector loses no line of logger while it reopens its file, replaces its workers and its server', async () => {
    const folder = sampleFolder();
    const [file, rotated] = [join(folder, 'syslog.out'), join(folder, 'syslog.1')];
    const account = new Account([file, rotated]);
    const port = await freePort();
    const program = new Program(
      'samples/07-syslog-collector.ts',
      { SERVERENGINE_PORT: String(port) },
      folder,
    );
    await program.waitFor(/worker \d is running/, 4);

    await account.during(port, async () => {
      renameSync(file, rotated);
      program.signal('SIGUSR2');
      await eventually(
        () => existsSync(file) && readFileSync(file, 'utf8') !== '',
        'lines come to the next file',
      );
    });
    await account.during(port, async () => {
      program.signal('SIGUSR1');
      await program.waitFor(/rolling restart finished .*replaced=4/);
    });
    await account.during(port, async () => {
      program.signal('SIGURG');
      await program.waitFor(/server process is up .*generation=2/);
    });
    await program.waitFor(/server process finished with status 0 .*reason=detach/);
    await account.settled(0);

    expect([...account.kept()].sort()).toEqual([...account.sent].sort());
    expect(program.output).not.toMatch(/unexpectedly|\[(warn|error)\]/);
    expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await program.isAllGone()).toBe(true);
  });
});
