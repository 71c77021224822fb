import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as ts from 'typescript';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually';
import { makeFifo } from '../support/fifo';
import { listeningPorts, signalPid } from '../support/processes';
import { isMatch, type LogRecord } from '../support/log-records';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';
import { byStart, spawnedOnly } from '../support/worker-start';

const SHORT = {
  workerType: 'process',
  workerHeartbeatInterval: '100ms',
  workerHeartbeatTimeout: '2s',
  workerImmediateKillInterval: '300ms',
  workerImmediateKillTimeout: '2s',
};

// The worker is kept, and a dump finds it silent.
const LONG = { ...SHORT, workerHeartbeatTimeout: '60s' };

function hanging(config: Readonly<Record<string, unknown>>): RecordedProgram {
  return startRecorded('hangs', { config: { ...SHORT, once: join(tempDir(), 'once'), ...config } });
}

/** The log record of the hang, once the next worker is there: on a busy machine that one may be silent for too long, too. */
async function reportOf(program: RecordedProgram): Promise<LogRecord> {
  await program.record({ message: 'worker 0 started', generation: 2 });
  const [report, ...more] = program.records({ message: 'worker 0 hangs', generation: 1 });
  expect(more).toEqual([]);
  const deaths = program
    .records({ message: 'worker 0 finished', generation: 1 })
    .map(({ fields }) => fields['reason']);
  expect(deaths).toEqual(['heartbeat_timeout']);
  expect(program.output).not.toMatch(/Debugger|For help, see/);
  return report!;
}

/** Asks for dumps until the worker has been silent long enough to be inspected. */
async function dumpUntil(program: RecordedProgram, message: string | RegExp): Promise<LogRecord> {
  await program.record('about to hang');
  const shown = { level: 'warn', message } as const;
  await eventually(async () => {
    program.signal('SIGCONT');
    await sleep(200);
    return program.records(shown).length > 0;
  }, 'a dump shows what the worker is blocked by');
  return program.record(shown);
}

const STACKS = [
  ['loop', 'spin'],
  ['regex', 'backtrack'],
  ['wait', 'waitForNobody'],
] as const;

describe.each([
  ['inspector', 'process'],
  ['thread', 'process'],
  ['inspector', 'thread'],
] as const)('hangDiagnosis %s, worker type %s', (hangDiagnosis, workerType) => {
  it.each(STACKS)('logs the stack of a %s before the worker is stopped', async (hang, name) => {
    const program = hanging({ hang, hangDiagnosis, workerType });
    const report = await reportOf(program);
    expect(report.level).toBe('error');
    expect(report.message).toMatch(new RegExp(`^worker 0 hangs in ${name} \\(.*hangs\\.js:\\d+:\\d+\\)$`));
    expect(report.fields['stack']).toEqual(
      expect.arrayContaining([
        expect.stringMatching(new RegExp(`^at ${name} \\(.*:\\d+:\\d+\\)$`)),
        expect.stringMatching(/^at (HangingWorker\.)?hang \(/),
      ]),
    );
    const steps = ['worker 0 heartbeat timed out', 'worker 0 hangs', 'by force', 'worker 0 finished'];
    const found = program
      .records({ generation: 1 })
      .filter((record) => steps.some((step) => isMatch(record, step)));
    expect(found.map(({ message }) => steps.find((step) => message.includes(step)))).toEqual(steps);
  });

  it('logs that execSync has no stack to show', async () => {
    const program = hanging({ hang: 'exec', hangDiagnosis, workerType });
    const { message, fields } = await program.record('worker 0 hangs');
    expect(message).toContain('no JavaScript stack: ');
    expect(message).toContain('perhaps for its child process sleep');
    expect(fields['syscall']).toMatch(/^epoll_/);
    // A thread that was terminated in a system call is gone when the call returns.
    if (workerType === 'thread') await program.record('is stuck in a system call');
  });
});

describe('a worker that hangs', () => {
  it('has the blocking read named by the kernel', async () => {
    const fifo = makeFifo();
    const program = hanging({ hang: 'read', fifo });
    expect((await reportOf(program)).message).toContain(
      `no JavaScript stack: it waits in the system call read of ${fifo}`,
    );
    byStart('no signal interrupts a blocking system call, so its error does not show the stack', {
      // The interrupted call prints its own stack.
      spawned: () => expect(program.output).toMatch(/EINTR[^]*at HangingWorker\.hang \(/),
      forked: () => expect(program.output).not.toContain('EINTR'),
    })();
  });

  it('is shown in TypeScript by its source map', async () => {
    const program = startRecorded(compiledWithMap(), {
      config: { ...SHORT, hang: 'loop', once: join(tempDir(), 'once') },
    });
    const report = await reportOf(program);
    const [, line] = /hangs in spin \([^)]*fixtures\/hangs\.ts:(\d+):\d+\)/.exec(report.message) ?? [];
    expect(SOURCE.split('\n')[Number(line) - 1]).toContain('while (performance.now() < end');
  });

  it('is not inspected when the diagnosis is off', async () => {
    const program = hanging({ hang: 'loop', hangDiagnosis: 'off' });
    await program.record({ message: 'worker 0 is running', generation: 2 });
    expect(program.records('worker 0 hangs')).toEqual([]);
  });

  it("is not inspected while the user's debugger is open", async () => {
    const program = startRecorded('hangs', {
      config: { ...SHORT, hang: 'loop', once: join(tempDir(), 'once') },
      env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' },
    });
    const { message } = await program.record('worker 0 hangs');
    expect(message).toContain('its debugger is not ours to use');
  });
});

describe('a dump', () => {
  it.each([
    ['loop', 'spin'],
    ['wait', 'waitForNobody'],
  ])('names what blocks a worker (%s), and lets it live', async (hang, name) => {
    const until = join(tempDir(), 'until');
    const program = startRecorded('hangs', { config: { ...LONG, hang, until } });
    await dumpUntil(program, `worker 0 is blocked in ${name} (`);
    const pid = program.workerPid(0);
    // Another dump that was asked for may have opened it again.
    await eventually(
      () => listeningPorts(pid).length === 0,
      'the debugger is closed while the worker is blocked',
    );
    expect(program.records('hangs no more')).toEqual([]);
    writeFileSync(until, '');
    await program.record('hangs no more');
    await eventually(() => listeningPorts(pid).length === 0, 'the debugger is closed');
    expect(program.records(/finished|from outside|Debugger/)).toEqual([]);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('does not interrupt a blocking read', async () => {
    const fifo = makeFifo();
    const program = startRecorded('hangs', { config: { ...LONG, hang: 'read', fifo } });
    await dumpUntil(
      program,
      `worker 0 is blocked, no JavaScript stack: it waits in the system call read of ${fifo}`,
    );
    writeFileSync(fifo, 'x');
    await program.record('hangs no more');
  });
});

describe('a SIGUSR1 from outside to a worker', () => {
  const ifSpawned = spawnedOnly('SIGUSR1 stops a forked worker, and opens no debugger');

  ifSpawned('opens its debugger only for a moment, and the log does not show the address', async () => {
    const program = startRecorded('hangs', { config: { ...LONG, hang: 'none', logStderr: false } });
    await program.waitForWorkers(1);
    const pid = program.workerPid(0);
    for (let i = 1; i <= 2; i += 1) {
      signalPid(pid, 'SIGUSR1');
      const opened = 'worker 0 opened its debugger on a SIGUSR1 from outside';
      await program.recordsOf(i, { level: 'warn', message: opened });
      await eventually(() => listeningPorts(pid).length === 0, 'it is closed');
    }
    expect(program.output).not.toMatch(/ws:|Debugger/);
    // Output of the worker goes where ours goes.
    signalPid(pid, 'SIGUSR2');
    expect(await program.waitForLine('reloaded')).toBe('reloaded');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a debugger that the program requests', () => {
  const LISTENING = /^Debugger listening on ws:\/\/127\.0\.0\.1:(\d+)\//;

  it.each(['program', 'child'] as const)(
    'stays open, with its address in the log: of the %s',
    async (opens) => {
      const program = startRecorded('hangs', { config: { ...LONG, hang: 'none', opens } });
      const { message } = await program.record({ worker: 0, message: LISTENING });
      const [, port] = LISTENING.exec(message)!;
      program.signal('SIGUSR2');
      await program.record('reloaded');
      const ports =
        opens === 'program'
          ? listeningPorts(program.workerPid(0))
          : program.livePids().flatMap(listeningPorts);
      expect(ports).toEqual([Number(port)]);
      expect(program.records('from outside')).toEqual([]);
      expect(await program.stop()).toEqual({ code: 0, signal: null });
    },
  );

  it('opens once for each worker with NODE_OPTIONS, each on its own port', async () => {
    const env = { NODE_OPTIONS: `--inspect=127.0.0.1:${String(await freePort())}` };
    const program = startRecorded('hangs', { config: { ...LONG, hang: 'none', workers: 2 }, env });
    await program.waitForWorkers(2);
    const found = await program.recordsOf(2, /^worker \d can be debugged at 127\.0\.0\.1:\d+$/);
    expect(new Set(found.map(({ fields }) => fields['url'])).size).toBe(2);
    expect(program.records({ worker: /\d/, message: LISTENING })).toEqual([]);
    expect((await program.record({ worker: 0, message: 'in run' })).fields['execArgv']).toEqual([]);
    expect(program.output).not.toContain('Starting inspector');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a worker that is paused at a breakpoint', () => {
  it('is not killed for its silence while the debugger is attached', async () => {
    const program = startRecorded('hangs', {
      config: { ...SHORT, hang: 'none' },
      env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' },
    });
    await program.waitForWorkers(1);
    const { fields } = await program.record(/^worker 0 can be debugged/);
    const attached = new WebSocket(String(fields['url']));
    await once(attached, 'open');
    ['Debugger.enable', 'Debugger.pause'].forEach((method, id) =>
      attached.send(JSON.stringify({ id, method })),
    );
    await program.record('a debugger is attached to worker 0');
    const held = await program.record(/^worker 0 does not answer, because a debugger is attached/);
    expect(held.level).toBe('warn');
    attached.send(JSON.stringify({ id: 2, method: 'Debugger.resume' }));
    attached.close();
    await once(attached, 'close');
    program.signal('SIGUSR2');
    await program.record('reloaded');
    expect(program.records(/heartbeat timed out/)).toEqual([]);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('workerLagWarn', () => {
  it('names the function that blocked the event loop, and is reloadable', async () => {
    const on = { ...LONG, hang: 'loop', blocksOnReload: true, workerLagWarn: '500ms' };
    const off = { ...on, workerLagWarn: '1m' };
    const program = startRecorded('hangs', { config: { ...on, hangMs: 1200 } });
    let since = 0;
    const reload = async (config: Readonly<Record<string, unknown>>): Promise<void> => {
      since = program.now;
      program.setConfig(config);
      program.signal('SIGUSR2');
      await program.record('reloaded', { since });
    };
    // On a busy machine there may be shorter blocks before it.
    const longBlock = { message: 'event loop was blocked', lagMs: /^\d{4,}$/ };
    const { level, worker, fields } = await program.record(longBlock);
    expect({ level, worker }).toEqual({ level: 'warn', worker: 0 });
    expect(fields['in']).toMatch(/^spin \(/);
    await program.record('hangs no more');
    // A limit applies to blocks that begin after it was set: so the reloads that set one do not block.
    await reload({ ...off, hangMs: 0 });
    await reload({ ...off, hangMs: 1200 });
    await reload({ ...on, hangMs: 0 });
    expect(program.records(longBlock)).toHaveLength(1);
    await reload({ ...on, hangMs: 1200 });
    await program.record(longBlock, { since });
    expect(program.records(longBlock)).toHaveLength(2);
  });
});

describe('a server that hangs under a supervisor', () => {
  it('is reported as the kernel sees it, then killed and replaced', async () => {
    const program = startRecorded('hangs', {
      config: {
        workerType: 'embedded',
        supervisor: true,
        serverHeartbeatInterval: '100ms',
        serverHeartbeatTimeout: '2s',
        serverHeartbeatKillDelay: '300ms',
        hang: 'wait',
        once: join(tempDir(), 'once'),
      },
    });
    const { message, fields } = await program.record('server process hangs');
    expect(message).toContain('no JavaScript stack: it waits in the system call futex');
    expect(fields['state']).toBe('S');
    const death = await program.record('server process finished');
    expect(death.message).toContain('with signal SIGKILL');
    expect(death.fields['reason']).toBe('heartbeat_timeout');
    await program.record({ message: /^server process started/, generation: 2 });
  });
});

const SOURCE = readFileSync(join(__dirname, '../fixtures/hangs.ts'), 'utf8');

/** The fixture with its source map inline, as a build tool would leave it. */
function compiledWithMap(): string {
  const { outputText } = ts.transpileModule(SOURCE, {
    fileName: 'hangs.ts',
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.CommonJS,
      experimentalDecorators: true,
      inlineSourceMap: true,
    },
  });
  writeFileSync(join(__dirname, '../../.build/fixtures/hangs-mapped.js'), outputText);
  return 'hangs-mapped';
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
