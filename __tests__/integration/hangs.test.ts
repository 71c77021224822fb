import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as ts from 'typescript';
import { eventually } from '../support/eventually';
import { makeFifo } from '../support/fifo';
import { listeningPorts, signalPid } from '../support/processes';
import { start, type Program } from '../support/program';
import { tempDir } from '../support/temp-dir';

const SHORT = {
  workerType: 'process',
  workerHeartbeatInterval: '100ms',
  workerHeartbeatTimeout: '2s',
  workerImmediateKillInterval: '300ms',
  workerImmediateKillTimeout: '2s',
};

// The worker is not given up, and a dump finds it silent.
const LONG = { ...SHORT, workerHeartbeatTimeout: '60s' };

function hanging(config: Readonly<Record<string, unknown>>): Program {
  return start('hangs', { config: { ...SHORT, once: join(tempDir(), 'once'), ...config } });
}

/** What the log says of the hang, once the next worker is there. */
async function reportOf(program: Program): Promise<string> {
  await program.waitForLine(/worker 0 is running .*generation=2/);
  const [report, ...more] = program.matching('worker 0 hangs');
  expect(more).toEqual([]);
  expect(program.matching(/worker 0 finished/)).toHaveLength(1);
  expect(program.matching(/worker 0 finished/)[0]).toContain('reason=heartbeat_timeout');
  expect(program.matching(/Debugger|For help, see/)).toEqual([]);
  return report!;
}

/** Resolves once the worker has been silent for more than two intervals. */
async function isSilent(program: Program): Promise<void> {
  await program.waitForLine('about to hang');
  await sleep(500);
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
    expect(report).toMatch(
      new RegExp(`\\[error\\] .*worker 0 hangs in ${name} \\(.*hangs\\.js:\\d+:\\d+\\)`),
    );
    expect(program.output).toMatch(new RegExp(`at ${name} \\(`));
    expect(program.output).toMatch(/at hang \(/);
    const order = program.matching(/heartbeat timed out|worker 0 hangs|by force|worker 0 finished/);
    expect(order.map((line) => /timed out|hangs|by force|finished/.exec(line)?.[0])).toEqual([
      ...['timed out', 'hangs', 'by force', 'finished'],
    ]);
  });

  it('says that there is no stack of execSync', async () => {
    const program = hanging({ hang: 'exec', hangDiagnosis, workerType });
    const report = await program.waitForLine('worker 0 hangs');
    expect(report).toContain('no JavaScript stack: ');
    if (workerType === 'process')
      expect(report).toMatch(/perhaps for its child process sleep .* syscall=epoll_/);
    // What a terminated thread leaves in a system call ends with that.
    if (workerType === 'thread') await program.waitForLine('is stuck in a system call');
  });
});

describe('a worker that hangs', () => {
  it('in a blocking read is found in it by the kernel', async () => {
    const fifo = makeFifo();
    const program = hanging({ hang: 'read', fifo });
    expect(await reportOf(program)).toContain(
      `no JavaScript stack: it waits in the system call read of ${fifo}`,
    );
    // The interrupted call tells its stack itself.
    expect(program.output).toMatch(/EINTR[^]*at HangingWorker\.hang \(/);
  });

  it('is shown in its TypeScript, by its source map', async () => {
    const program = start(compiledWithMap(), {
      config: { ...SHORT, hang: 'loop', once: join(tempDir(), 'once') },
    });
    const report = await reportOf(program);
    const [, line] = /hangs in spin \([^)]*fixtures\/hangs\.ts:(\d+):\d+\)/.exec(report) ?? [];
    expect(SOURCE.split('\n')[Number(line) - 1]).toContain('while (performance.now() < end)');
  });

  it('is shown as an array in JSON', async () => {
    const program = hanging({ hang: 'loop', logFormat: 'json' });
    const line = await program.waitForLine('worker 0 hangs');
    const { stack } = JSON.parse(line) as { stack: unknown };
    expect(stack).toEqual(expect.arrayContaining([expect.stringMatching(/^at spin \(.*:\d+:\d+\)$/)]));
  });

  it('is not looked at when that is switched off', async () => {
    const program = hanging({ hang: 'loop', hangDiagnosis: 'off' });
    await program.waitForLine(/worker 0 is running .*generation=2/);
    expect(program.matching('worker 0 hangs')).toEqual([]);
  });

  it('is left to the debugger that the user has asked for', async () => {
    const program = start('hangs', {
      config: { ...SHORT, hang: 'loop', once: join(tempDir(), 'once') },
      env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' },
    });
    expect(await program.waitForLine('worker 0 hangs')).toContain('its debugger is not ours to use');
  });
});

describe('a dump', () => {
  it.each(['loop', 'wait'] as const)(
    'shows what a worker is blocked by (%s), and lets it live',
    async (hang) => {
      const program = start('hangs', { config: { ...LONG, hang, hangMs: 3000 } });
      await isSilent(program);
      const pid = program.workerPid(0);
      program.signal('SIGCONT');
      const name = hang === 'loop' ? 'spin' : 'waitForNobody';
      await program.waitForLine(new RegExp(`\\[warn\\] .*worker 0 is blocked in ${name} \\(`));
      expect(program.matching('hangs no more')).toEqual([]);
      expect(listeningPorts(pid)).toEqual([]);
      await program.waitForLine('hangs no more');
      await eventually(() => listeningPorts(pid).length === 0, 'the debugger is closed');
      expect(program.matching(/finished|from outside|Debugger/)).toEqual([]);
      expect(await program.stop()).toEqual({ code: 0, signal: null });
    },
  );

  it('leaves a blocking read alone', async () => {
    const fifo = makeFifo();
    const program = start('hangs', { config: { ...LONG, hang: 'read', fifo } });
    await isSilent(program);
    program.signal('SIGCONT');
    await program.waitForLine(
      `worker 0 is blocked, no JavaScript stack: it waits in the system call read of ${fifo}`,
    );
    writeFileSync(fifo, 'x');
    await program.waitForLine('hangs no more');
  });
});

describe('a SIGUSR1 from outside to a worker', () => {
  it('opens its debugger for a moment only, and its address is told to nobody', async () => {
    const program = start('hangs', { config: { ...LONG, hang: 'none', logStderr: false } });
    await program.waitForLine(/worker 0 is running/);
    const pid = program.workerPid(0);
    for (let i = 1; i <= 2; i += 1) {
      signalPid(pid, 'SIGUSR1');
      await program.waitForLines(i, /\[warn\] .*worker 0 opened its debugger at a SIGUSR1 from outside/);
      await eventually(() => listeningPorts(pid).length === 0, 'it is closed');
    }
    expect(program.output).not.toMatch(/ws:|Debugger/);
    // What the worker itself writes there goes where ours goes.
    signalPid(pid, 'SIGUSR2');
    expect(await program.waitForLine('reloaded')).toBe('reloaded');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a debugger that the program wants', () => {
  const LISTENING = /worker=0 .*Debugger listening on ws:\/\/127\.0\.0\.1:(\d+)\//;

  it.each(['program', 'child'] as const)(
    'stays open, and its address is in the log: of the %s',
    async (opens) => {
      const program = start('hangs', { config: { ...LONG, hang: 'none', opens } });
      const [, port] = LISTENING.exec(await program.waitForLine(LISTENING))!;
      program.signal('SIGUSR2');
      await program.waitForLine('reloaded');
      const ports =
        opens === 'program'
          ? listeningPorts(program.workerPid(0))
          : program.livePids().flatMap(listeningPorts);
      expect(ports).toEqual([Number(port)]);
      expect(program.matching('from outside')).toEqual([]);
      expect(await program.stop()).toEqual({ code: 0, signal: null });
    },
  );

  it('is one for each worker when NODE_OPTIONS asks, with a port of its own', async () => {
    const env = { NODE_OPTIONS: `--inspect=127.0.0.1:${String(await freePort())}` };
    const program = start('hangs', { config: { ...LONG, hang: 'none', workers: 2 }, env });
    await program.waitForWorkers(2);
    const lines = await program.waitForLines(2, /worker=\d .*Debugger listening on ws:/);
    expect(new Set(lines.map((line) => /127\.0\.0\.1:\d+/.exec(line)?.[0])).size).toBe(2);
    expect(program.output).not.toContain('Starting inspector');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('the programs that a worker starts', () => {
  it('do not inherit its debugger', async () => {
    const program = start('hangs', { config: { ...LONG, hang: 'none' } });
    expect(await program.waitForLine('in run')).toContain('execArgv=[]');
  });
});

describe('workerLagWarn', () => {
  it('names the function that blocked the event loop', async () => {
    const config = { ...LONG, hang: 'loop', hangMs: 700, workerLagWarn: '200ms' };
    const program = start('hangs', { config });
    const line = await program.waitForLine(/\[warn\] worker=0 .*event loop was blocked/);
    const lagMs = Number(/lagMs=(\d+)/.exec(line)?.[1]);
    expect(lagMs).toBeGreaterThanOrEqual(500);
    expect(line).toMatch(/in="spin \(/);
  });

  it('takes effect on reload', async () => {
    const config = { ...LONG, hang: 'none', hangMs: 700, blocksOnReload: true };
    const program = start('hangs', { config });
    await program.waitForLine(/worker 0 is running/);
    program.setConfig({ ...config, workerLagWarn: '200ms' });
    program.signal('SIGUSR2');
    await program.waitForLine('reloaded');
    const since = program.now;
    program.signal('SIGUSR2');
    await program.waitForLine('event loop was blocked', { since });
  });
});

describe('a server that hangs under a supervisor', () => {
  it('is shown as the kernel sees it, then killed and replaced', async () => {
    const program = start('hangs', {
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
    const report = await program.waitForLine('server process hangs');
    expect(report).toMatch(/no JavaScript stack: it waits in the system call futex .*state=S/);
    expect(await program.waitForLine('server process finished')).toMatch(
      /with signal SIGKILL .*reason=heartbeat_timeout/,
    );
    await program.waitForLine(/server process started .*generation=2/);
  });
});

const SOURCE = readFileSync(join(__dirname, '../fixtures/hangs.ts'), 'utf8');

/** The fixture with its source map inside, as a build tool would leave it. */
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
