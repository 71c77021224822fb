import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ask, askHttp, askLoop, askUdp, differentAnswers } from '../support/clients';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

const FOUR = { workers: 4 };
const TWO = { workers: 2 };

function pidTexts(program: RecordedProgram): ReadonlySet<string> {
  return new Set(program.workerPids().map(String));
}

describe('sockets shared by several workers', () => {
  it('let four workers answer on one port that the server opened', async () => {
    const program = startRecorded('tcp-shared', { config: FOUR });
    await program.waitForWorkers(4);
    const port = await program.port();
    expect(await differentAnswers(4, () => ask(port))).toEqual(pidTexts(program));
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('let four unmodified http servers listen on one port, the same for all with port 0', async () => {
    const program = startRecorded('http-listen', { config: FOUR });
    const lines = await program.recordsOf(4, { worker: /\d/, message: 'listening', port: /^\d+$/ });
    const ports = new Set(lines.map(({ fields }) => fields['port']));
    expect(ports.size).toBe(1);
    const port = await program.port();
    expect(await differentAnswers(4, () => askHttp(port))).toEqual(pidTexts(program));
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('let workers answer on a unix socket, whose file is removed at the end', async () => {
    const path = join(tempDir(), 'sock');
    const program = startRecorded('unix-shared', { config: { path } });
    await program.waitForWorkers(2);
    expect(await differentAnswers(2, () => ask(path))).toEqual(pidTexts(program));
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(existsSync(path)).toBe(false);
  });

  it('let workers answer on a UDP port', async () => {
    const program = startRecorded('udp-shared');
    await program.waitForWorkers(2);
    const port = await program.port();
    expect(await differentAnswers(2, () => askUdp(port))).toEqual(pidTexts(program));
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('connects while every worker is replaced', () => {
  it.each(['tcp-shared', 'http-listen'])(
    'are all answered by %s during a graceful restart (USR1)',
    async (fixture) => {
      const program = startRecorded(fixture, { config: TWO });
      await program.waitForWorkers(2);
      const port = await program.port();
      const loop = askLoop(() => (fixture === 'http-listen' ? askHttp(port) : ask(port)));
      await replaceAll(program, 'SIGUSR1');
      const { answered, failures } = await loop.finish();
      expect(failures).toEqual([]);
      expect(answered).toBeGreaterThan(2);
    },
  );

  it('are never refused during an immediate restart (HUP)', async () => {
    const program = startRecorded('tcp-shared', { config: TWO });
    await program.waitForWorkers(2);
    const port = await program.port();
    const loop = askLoop(() => ask(port));
    await replaceAll(program, 'SIGHUP');
    const { answered, failures } = await loop.finish();
    // Connections that a killed worker had accepted are lost. The next worker answers all others.
    expect(failures.filter((failure) => failure.includes('ECONNREFUSED'))).toEqual([]);
    expect(answered).toBeGreaterThan(2);
  });

  async function replaceAll(program: RecordedProgram, signal: NodeJS.Signals): Promise<void> {
    const before = program.workers();
    const since = program.now;
    program.signal(signal);
    await program.waitForWorkers(2, { since });
    const after = program.workers();
    for (const [id, pid] of before) expect(after.get(id)).not.toBe(pid);
  }
});
