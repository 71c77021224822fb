import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { join } from 'node:path';
import { ask, differentAnswers } from '../support/clients';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

const FINE = { code: 0, signal: null };
const BOTH = new Set(['0', '1']);

// Short, so that a heartbeat that is not understood would end a worker.
const SHORT = { workerHeartbeatInterval: '200ms', workerHeartbeatTimeout: '5s' };

function started(config: Readonly<Record<string, unknown>>): RecordedProgram {
  return startRecorded('garbage', {
    config: { workerType: 'process', once: join(tempDir(), 'once'), door: 'none', ...SHORT, ...config },
  });
}

/** Checks that it still serves, receives and obeys. */
async function isUnmoved(program: RecordedProgram, answers = BOTH): Promise<void> {
  await program.waitForWorkers(2);
  const port = await program.port();
  if (answers.size > 0) expect(await differentAnswers(answers.size, () => ask(port))).toEqual(answers);
  const since = program.now;
  program.signal('SIGUSR2');
  await program.recordsOf(2, 'reloaded', { since });
  expect(program.records(/heartbeat timed out/)).toEqual([]);
  expect(await program.stop()).toEqual(FINE);
}

describe('a write of a worker that is no message of the engine', () => {
  it.each([
    ['process.send', 'process', /^worker 0 sent a message with process\.send\(\), which is ignored/],
    ['message of the engine', 'process', /^worker 0 sent a message that the engine does not know/],
    ['port of a thread', 'thread', /^worker 0 sent a message that the engine does not know/],
  ])('is dropped, and the log names the worker once: %s', async (door, workerType, message) => {
    const program = started({ door, workerType });
    await program.record('garbage written');
    await program.record({ level: 'warn', message });
    await isUnmoved(program, workerType === 'thread' ? new Set() : BOTH);
    expect(program.problems().map((record) => record.message)).toEqual([expect.stringMatching(message)]);
  });

  it.each(['question for a socket', 'heartbeat', 'board', 'watchdog'])(
    'changes nothing: %s',
    async (door) => {
      const program = started({ door, ...(door === 'watchdog' ? { hangDiagnosis: 'thread' } : {}) });
      await program.record('garbage written');
      await isUnmoved(program);
      expect(program.problems()).toEqual([]);
      expect(program.records(/finished unexpectedly/)).toEqual([]);
    },
  );

  it('is truncated in the log when it has no end, and the next record is whole', async () => {
    const program = started({ door: 'log' });
    await program.record('garbage written');
    await isUnmoved(program);
    expect(program.problems()).toEqual([]);
  });

  it.each([
    ['channel', /deserialize/],
    ['message of Node', /ERR_INTERNAL_ASSERTION/],
    ['message without end', /more than 67108864 bytes/],
  ])('closes its channel and replaces it when the stream cannot be resynchronized: %s', async (door, why) => {
    const program = started({ door });
    const { message, fields } = await program.record({
      level: 'error',
      message: 'something other than messages',
      workerId: 0,
    });
    expect(message).toContain('worker 0 has written something other than messages into its IPC channel');
    expect(JSON.stringify(fields['error'])).toMatch(why);
    await program.record({ message: 'worker 0 finished unexpectedly', generation: 1 });
    await program.record({ message: 'worker 0 is running', generation: 2 });
    await isUnmoved(program);
    expect(program.records('finished unexpectedly')).toHaveLength(1);
  });
});

describe('input on the command pipe', () => {
  it.each([{}, { supervisor: true }])(
    'is obeyed or reported, without filling the log: %j',
    async (config) => {
      const program = started({ commandSender: 'pipe', ...config });
      await program.waitForWorkers(2);
      for (let i = 0; i < 20; i += 1)
        program.write(`${randomBytes(50_000).toString('latin1')}\nno command\n`);
      const { fields } = await program.record({
        level: 'warn',
        message: 'unknown command on the command pipe',
      });
      expect(fields['allowed']).toContain('GRACEFUL_STOP');
      const port = await program.port();
      expect(await differentAnswers(2, () => ask(port))).toEqual(BOTH);
      program.write('\nGRACEFUL_STOP\n');
      expect(await program.exited).toEqual(FINE);
      expect(program.output.length).toBeLessThan(100_000);
    },
  );
});

describe('a socket manager', () => {
  it('answers its workers whatever strangers write to its socket', async () => {
    const managerPath = join(tempDir(), 'm.sock');
    const program = startRecorded('socket-manager-workers', {
      config: { managerPath, workerType: 'process' },
    });
    await program.recordsOf(2, 'serving');
    for (const bytes of [randomBytes(1000), Buffer.from('{"token":1}\n'), Buffer.alloc(200_000, 'x')]) {
      const stranger = net.connect(managerPath);
      let answer = '';
      stranger.on('data', (chunk: Buffer) => (answer += chunk.toString()));
      stranger.on('error', () => {});
      const closed = new Promise((resolve) => stranger.once('close', resolve));
      stranger.end(bytes);
      await closed;
      expect(answer).toBe('');
    }
    const since = program.now;
    program.signal('SIGUSR1');
    await program.recordsOf(2, 'serving', { since });
    expect(await program.stop()).toEqual(FINE);
    expect(program.problems()).toEqual([]);
  });
});
