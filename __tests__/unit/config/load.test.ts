import * as fc from 'fast-check';
import { usableProcessors } from '../../../src/common/control-group';
import { isServerEngineError } from '../../../src/common/errors';
import { notOnWindows } from '../../../src/config/cross-checks';
import type { EngineConfig } from '../../../src/config/engine-config';
import { loadConfig, type LoadInput } from '../../../src/config/load';

const load = (input: Partial<LoadInput> = {}) => loadConfig({ raw: {}, env: {}, ...input });
const onWorker = (options: Record<string, unknown>) => ({ className: 'EchoWorker', options });
const onServer = (options: Record<string, unknown>) => ({ className: 'EchoServer', options });

class Settings {
  password = 'hush';
}

function problemsOf(input: Partial<LoadInput>): string[] {
  try {
    load(input);
  } catch (error) {
    if (!isServerEngineError(error)) throw error;
    expect(error.name).toBe('ConfigError');
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    return error.message.split('\n');
  }
  throw new Error('loadConfig took a wrong config');
}

describe(loadConfig, () => {
  describe('watch', () => {
    it('sets startRetry, disables maxRestarts, and is read from the environment in common spellings', () => {
      const read = (text: string) =>
        load({ raw: { workerType: 'process', maxRestarts: 3 }, env: { SERVERENGINE_WATCH: text } }).engine;
      expect(read('true')).toMatchObject({ watch: [expect.any(String)], startRetry: true, maxRestarts: 0 });
      expect(read('false')).toMatchObject({ watch: undefined, startRetry: false, maxRestarts: 3 });
      expect(read('src, lib/*.{js,ts}').watch).toEqual(['src', 'lib/*.{js,ts}']);
      expect(read('["src"]').watch).toEqual(['src']);
    });

    it.each([
      [{ workerType: 'process', watch: 3 }, /^config: watch must be true, a glob or a folder/],
      [{ workerType: 'process', watch: [] }, /^config: watch must be true/],
      [{ workerType: 'process', watch: Array(1) }, /^config: watch must be true/],
      [
        { watch: 'src' },
        /watch needs workers that can be replaced, got workerType 'embedded'.*supervisor to true/,
      ],
    ])('rejects %j', (raw, problem) => {
      expect(problemsOf({ raw })).toEqual([expect.stringMatching(problem)]);
    });
  });

  describe('workerExecArgv', () => {
    it('is a list, separated by blanks in the environment', () => {
      const env = { SERVERENGINE_WORKER_EXEC_ARGV: '--import ./t.mjs' };
      expect(load({ raw: { workerType: 'process' }, env }).engine.workerExecArgv).toEqual([
        '--import',
        './t.mjs',
      ]);
    });

    it.each([
      [{ workerType: 'process', workerExecArgv: ['x.mjs'] }, /the word 'x\.mjs' that belongs to no flag/],
      [
        { workerType: 'thread', workerExecArgv: ['--expose-gc', '-r', 'x'] },
        /takes only --import and --require, got --expose-gc\. .*set workerType to process/,
      ],
      [
        { workerExecArgv: ['--no-warnings'] },
        /workerExecArgv needs workers that run this program in a process or thread/,
      ],
    ])('rejects %j', (raw, problem) => {
      expect(problemsOf({ raw })).toEqual([expect.stringMatching(problem)]);
    });
  });

  describe('without the program, which defines the worker types', () => {
    const load = (raw: object) => loadConfig({ raw, env: {}, isWithoutProgram: true });

    it('accepts keys that only some types have, with a warning', () => {
      const { warnings } = load({ workerMaxMemory: '40%', killTree: true, workers: 2 });
      expect(warnings).toEqual([
        'killTree, workerMaxMemory: only some types of workers have these keys, and the type may be set in the program: ' +
          'check the program itself to be sure.',
      ]);
    });

    it('gives no warning without such keys, and checks them when the type is given', () => {
      expect(load({ workers: 2 }).warnings).toEqual([]);
      expect(() => load({ workerMaxMemory: '40%', workerType: 'embedded' })).toThrow(
        /workerMaxMemory needs workers that can be replaced, got workerType 'embedded'/,
      );
    });
  });

  describe('defaults', () => {
    it('gives every key its documented default, with times in milliseconds', () => {
      const expected: EngineConfig = {
        workerType: 'embedded',
        workerStart: 'spawn',
        preload: undefined,
        workers: 1,
        startWorkerDelayMs: 0,
        startWorkerDelayRand: 0.2,
        startWorkerConcurrency: Math.max(8, 4 * usableProcessors()),
        restartWorkerIntervalMs: 0,
        workerHeartbeatIntervalMs: 1000,
        workerHeartbeatTimeoutMs: 180_000,
        hangDiagnosis: 'inspector',
        workerLagWarnMs: undefined,
        workerGracefulKillIntervalMs: 15_000,
        workerGracefulKillIntervalIncrementMs: 10_000,
        workerGracefulKillTimeoutMs: 600_000,
        workerImmediateKillIntervalMs: 10_000,
        workerImmediateKillIntervalIncrementMs: 10_000,
        workerImmediateKillTimeoutMs: 600_000,
        workerHeartbeatKillDelayMs: 10_000,
        signalUpgrade: undefined,
        socketScheduling: 'shared',
        restartStrategy: 'auto',
        restartConcurrency: 1,
        restartLingerMs: 0,
        workerReady: 'auto',
        workerReadyTimeoutMs: 30_000,
        standbyWorkers: 0,
        workerMaxMemory: undefined,
        workerMaxAgeMs: undefined,
        workerMaxJobs: undefined,
        restartBackoffMinMs: 100,
        restartBackoffMaxMs: 30_000,
        restartBackoffResetMs: 10_000,
        maxRestarts: 0,
        maxRestartsPeriodMs: 60_000,
        unrecoverableExitCodes: [],
        stopImmediatelyAtUnrecoverableExit: false,
        exitWithWorkerStatus: false,
        log: undefined,
        logLevel: 'debug',
        logFormat: 'text',
        logCompress: false,
        logFileMode: 0o640,
        logRotateAge: 5,
        logRotateDaily: false,
        logRotateSize: 1_048_576,
        logger: undefined,
        loggerClass: undefined,
        logStdout: true,
        logStderr: true,
        drainDelayMs: 0,
        pidPath: undefined,
        controlSocket: undefined,
        daemonizeErrorExitCode: 1,
        workerReloadSignal: undefined,
        killTree: false,
        acceptBalance: false,
        commandSender: 'signal',
        workerCloseServers: true,
        workerProcessName: undefined,
        autoscale: undefined,
        workerHeapLimit: undefined,
        workerExecArgv: undefined,
        watch: undefined,
        workerChuser: undefined,
        workerChgroup: undefined,
        workerChumask: undefined,
        daemonize: false,
        daemonizeTimeoutMs: 60_000,
        startRetry: false,
        supervisor: false,
        disableSigdump: false,
        sigdumpDir: undefined,
        statusListen: undefined,
        statusToken: undefined,
        sigdumpHeap: false,
        restartServerProcess: false,
        enableDetach: undefined,
        exitOnDetach: false,
        disableReload: false,
        serverRestartWaitMs: 1000,
        serverDetachWaitMs: 10_000,
        serverHeartbeatIntervalMs: 1000,
        serverHeartbeatTimeoutMs: 180_000,
        serverGracefulKillIntervalMs: 15_000,
        serverGracefulKillIntervalIncrementMs: 10_000,
        serverGracefulKillTimeoutMs: 600_000,
        serverImmediateKillIntervalMs: 10_000,
        serverImmediateKillIntervalIncrementMs: 10_000,
        serverImmediateKillTimeoutMs: 600_000,
        serverHeartbeatKillDelayMs: 10_000,
        chuser: undefined,
        chgroup: undefined,
        chumask: undefined,
        daemonProcessName: undefined,
        serverProcessName: undefined,
        signalGracefulStop: 'SIGTERM',
        signalImmediateStop: 'SIGQUIT',
        signalGracefulRestart: 'SIGUSR1',
        signalImmediateRestart: 'SIGHUP',
        signalReload: 'SIGUSR2',
        signalDetach: 'SIGINT',
        signalDump: 'SIGCONT',
      };
      expect(load()).toEqual({
        engine: expected,
        groups: [{ name: 'Worker', engine: expected }],
        user: {},
        warnings: [],
        visible: { fields: {}, rest: false },
      });
    });

    it('uses embedded as the default worker type (PARITY: Shape)', () => {
      expect(load().engine.workerType).toBe('embedded');
    });

    it('logs to stderr without a log or with null, and to stdout with "-" (PARITY: Config and log)', () => {
      expect(load().engine.log).toBeUndefined();
      expect(
        load({ raw: { log: null }, serverOptions: onServer({ log: 'app.log' }) }).engine.log,
      ).toBeUndefined();
      expect(load({ raw: { log: '-' } }).engine.log).toBe('-');
      expect(load({ raw: { log: 'app.log' } }).engine.log).toBe('app.log');
    });

    it('is frozen, including lists', () => {
      const { engine } = load({ raw: { unrecoverableExitCodes: [3] } });
      expect(Object.isFrozen(engine)).toBe(true);
      expect(Object.isFrozen(engine.unrecoverableExitCodes)).toBe(true);
    });
  });

  describe('spellings', () => {
    it.each([
      [{ workers: 'auto' }, { workers: usableProcessors() }],
      [{ startWorkerConcurrency: 'auto' }, { startWorkerConcurrency: Math.max(8, 4 * usableProcessors()) }],
      [{ startWorkerConcurrency: 2 }, { startWorkerConcurrency: 2 }],
      [{ workerHeartbeatTimeout: 30 }, { workerHeartbeatTimeoutMs: 30_000 }],
      [{ workerHeartbeatTimeout: '3m' }, { workerHeartbeatTimeoutMs: 180_000 }],
      [{ startWorkerDelay: 0.07 }, { startWorkerDelayMs: 70 }],
      [{ workerGracefulKillTimeout: -1 }, { workerGracefulKillTimeoutMs: -1 }],
      [{ workerImmediateKillTimeout: '-1' }, { workerImmediateKillTimeoutMs: -1 }],
      [{ workerImmediateKillTimeout: 0 }, { workerImmediateKillTimeoutMs: 0 }],
      [{ logStdout: 'no' }, { logStdout: false }],
      [{ exitWithWorkerStatus: '1' }, { exitWithWorkerStatus: true }],
      [{ unrecoverableExitCodes: [3, 4] }, { unrecoverableExitCodes: [3, 4] }],
      [{ logLevel: 'trace' }, { logLevel: 'trace' }],
      [{ enableDetach: 'off' }, { enableDetach: false }],
      [{ enableDetach: null }, { enableDetach: undefined }],
      [{ chuser: 'www-data' }, { chuser: 'www-data' }],
      [{ chgroup: 33 }, { chgroup: '33' }],
      [{ chumask: '027' }, { chumask: 0o27 }],
      [{ chumask: '0o027' }, { chumask: 0o27 }],
      [{ chumask: 0o27 }, { chumask: 0o27 }],
      [{ chumask: '0' }, { chumask: 0 }],
      [{ signalReload: 'winch' }, { signalReload: 'SIGWINCH' }],
      [{ signalReload: 'SIGWINCH' }, { signalReload: 'SIGWINCH' }],
      [{ workerReloadSignal: 'HUP' }, { workerReloadSignal: 'SIGHUP' }],
      [{ workerType: 'process', workerHeapLimit: '64MB' }, { workerHeapLimit: 64 * 2 ** 20 }],
      [{ workerType: 'thread', workerHeapLimit: 2 ** 28 }, { workerHeapLimit: 2 ** 28 }],
      [
        { workerType: 'process', autoscale: { min: 2, max: 8, target: 0.7 } },
        { autoscale: { min: 2, max: 8, target: 0.7 }, workers: 2 },
      ],
      [{ workerType: 'thread', workers: 3, autoscale: { min: 2, max: 8, target: 0.7 } }, { workers: 3 }],
      [{ autoscale: null }, { autoscale: undefined, workers: 1 }],
      [{ workerHeapLimit: null }, { workerHeapLimit: undefined }],
      [{ disableSigdump: true, signalReload: 'CONT' }, { signalReload: 'SIGCONT' }],
      [{ signalReload: 'HUP', signalImmediateRestart: 'USR2' }, { signalReload: 'SIGHUP' }],
    ])('accepts %p', (raw, expected) => {
      expect(load({ raw }).engine).toMatchObject(expected);
    });

    it('reads a time in seconds and as a string alike', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 1e9 }), (ms) => {
          const asNumber = load({ raw: { restartWorkerInterval: ms / 1000 } }).engine;
          const asString = load({ raw: { restartWorkerInterval: `${String(ms)}ms` } }).engine;
          expect(asNumber.restartWorkerIntervalMs).toBe(ms);
          expect(asString.restartWorkerIntervalMs).toBe(ms);
        }),
      );
    });

    it.each([
      ['SERVERENGINE_WORKERS', '4', { workers: 4 }],
      ['SERVERENGINE_WORKERS', 'auto', { workers: usableProcessors() }],
      ['SERVERENGINE_START_WORKER_DELAY_RAND', '0.5', { startWorkerDelayRand: 0.5 }],
      ['SERVERENGINE_WORKER_HEARTBEAT_TIMEOUT', '90', { workerHeartbeatTimeoutMs: 90_000 }],
      ['SERVERENGINE_WORKER_GRACEFUL_KILL_TIMEOUT', '-1', { workerGracefulKillTimeoutMs: -1 }],
      ['SERVERENGINE_UNRECOVERABLE_EXIT_CODES', '3, 4', { unrecoverableExitCodes: [3, 4] }],
      ['SERVERENGINE_LOG_STDERR', 'false', { logStderr: false }],
      ['SERVERENGINE_LOG', '/var/log/app.log', { log: '/var/log/app.log' }],
      ['SERVERENGINE_LOG', '', { log: undefined }],
      ['SERVERENGINE_CHUMASK', '022', { chumask: 0o22 }],
      ['SERVERENGINE_CHUSER', '1000', { chuser: '1000' }],
      ['SERVERENGINE_SIGNAL_RELOAD', 'WINCH', { signalReload: 'SIGWINCH' }],
      ['SERVERENGINE_ENABLE_DETACH', 'yes', { enableDetach: true }],
      ['SERVERENGINE_SERVER_PROCESS_NAME', '{"a":1}', { serverProcessName: '{"a":1}' }],
    ])('reads %s=%s from the environment', (name, text, expected) => {
      const { engine, warnings } = load({ env: { [name]: text } });
      expect(engine).toMatchObject(expected);
      expect(warnings).toEqual([]);
    });
  });

  describe('precedence', () => {
    it('is default < decorator < config < environment', () => {
      const level = fc.option(fc.integer({ min: 1, max: 64 }), { nil: undefined });
      fc.assert(
        fc.property(level, level, level, (decorator, config, environment) => {
          const { engine } = load({
            workerOptions: onWorker({ workers: decorator }),
            raw: { workers: config },
            env: environment === undefined ? {} : { SERVERENGINE_WORKERS: String(environment) },
          });
          expect(engine.workers).toBe(environment ?? config ?? decorator ?? 1);
        }),
      );
    });

    it('reads autoscale from the environment as JSON', () => {
      const autoscale = { min: 2, max: 4, target: 0.7 };
      const env = { SERVERENGINE_AUTOSCALE: JSON.stringify(autoscale) };
      expect(load({ raw: { workerType: 'process' }, env }).engine).toMatchObject({ autoscale, workers: 2 });
      expect(problemsOf({ env: { SERVERENGINE_AUTOSCALE: '{min: 2' } })).toEqual([
        "environment variable SERVERENGINE_AUTOSCALE: autoscale must be an object { min, max, target }, got '{min: 2'.",
      ]);
    });

    it('takes decorator options without a worker prefix', () => {
      const { engine } = load({
        workerOptions: onWorker({ type: 'process', heartbeatTimeout: '1m', restartWorkerInterval: 2 }),
        serverOptions: onServer({ logLevel: 'info', schema: undefined }),
      });
      expect(engine).toMatchObject({
        workerType: 'process',
        workerHeartbeatTimeoutMs: 60_000,
        restartWorkerIntervalMs: 2000,
        logLevel: 'info',
      });
    });
  });

  describe('SIGDUMP_SIGNAL', () => {
    it.each([
      ['nothing else', {}, 'SIGWINCH'],
      ['the decorator', { serverOptions: onServer({ signalDump: 'PWR' }) }, 'SIGPWR'],
      ['the config', { raw: { signalDump: 'PWR' } }, 'SIGPWR'],
      ['the variable of the key', { env: { SERVERENGINE_SIGNAL_DUMP: 'PWR' } }, 'SIGPWR'],
    ])('sets the default of signalDump, together with %s', (_, input: Partial<LoadInput>, dump) => {
      const env = { ...input.env, SIGDUMP_SIGNAL: 'WINCH' };
      expect(load({ ...input, env }).engine.signalDump).toBe(dump);
    });

    it('is accepted with or without SIG, and ignored when empty', () => {
      expect(load({ env: { SIGDUMP_SIGNAL: 'SIGWINCH' } }).engine.signalDump).toBe('SIGWINCH');
      expect(load({ env: { SIGDUMP_SIGNAL: '' } }).engine.signalDump).toBe('SIGCONT');
    });

    it.each(['NOPE', 'KILL'])('gives an error that names it when it is %s, as any other variable', (name) => {
      expect(problemsOf({ env: { SIGDUMP_SIGNAL: name } })).toEqual([
        `environment variable SIGDUMP_SIGNAL: signalDump must be the name of a signal such as 'USR2' or 'SIGUSR2' (not KILL or STOP, nor one that the system sends by itself), got '${name}'.`,
      ]);
    });

    it('gives an error that names it when the signal is taken', () => {
      expect(problemsOf({ env: { SIGDUMP_SIGNAL: 'HUP' } })).toEqual([
        expect.stringMatching(/^environment variable SIGDUMP_SIGNAL: signalDump and signalImmediateRestart /),
      ]);
    });
  });

  describe('wrong values', () => {
    it('are named, for example an unknown log level (PARITY: Config and log)', () => {
      expect(problemsOf({ raw: { logLevel: 'verbose' } })).toEqual([
        "config: logLevel must be one of 'trace', 'debug', 'info', 'warn', 'error', 'fatal', got 'verbose'.",
      ]);
    });

    it('are reported with the place, the key as spelled there, what is allowed and what was given', () => {
      expect(problemsOf({ workerOptions: onWorker({ workers: 0 }) })).toEqual([
        "@worker on EchoWorker: workers must be an integer >= 1 or 'auto', got 0.",
      ]);
      expect(problemsOf({ workerOptions: onWorker({ heartbeatTimeout: 'soon' }) })).toEqual([
        "@worker on EchoWorker: heartbeatTimeout must be seconds > 0 or a time like '15s', got 'soon'.",
      ]);
      expect(problemsOf({ env: { SERVERENGINE_WORKERS: 'many' } })).toEqual([
        "environment variable SERVERENGINE_WORKERS: workers must be an integer >= 1 or 'auto', got 'many'.",
      ]);
    });

    it.each([
      [{ workers: 1.5 }],
      [{ workers: '4' }],
      [{ workers: null }],
      [{ workerType: 'fork' }],
      [{ startWorkerDelay: -1 }],
      [{ startWorkerDelay: Infinity }],
      [{ startWorkerDelayRand: 2 }],
      [{ workerGracefulKillTimeout: -2 }],
      [{ workerGracefulKillInterval: 0 }],
      [{ unrecoverableExitCodes: 3 }],
      [{ unrecoverableExitCodes: [256] }],
      [{ logStdout: 'maybe' }],
      [{ log: '' }],
      [{ pidPath: 7 }],
      [{ controlSocket: true }],
      [{ controlSocket: '' }],
      [{ maxRestarts: -1 }],
      [{ daemonizeErrorExitCode: 256 }],
      [{ daemonizeTimeout: 0 }],
      [{ chuser: '' }],
      [{ chuser: -1 }],
      [{ chgroup: 2 ** 32 - 1 }],
      [{ chumask: '089' }],
      [{ chumask: '1000' }],
      [{ chumask: 512 }],
      [{ chumask: 1.5 }],
      [{ signalReload: 'SIGNAL' }],
      [{ signalReload: 'KILL' }],
      [{ signalReload: 'SIGSTOP' }],
      [{ signalReload: 'CHLD' }],
      [{ signalReload: 12 }],
      [{ signalReload: null }],
      [{ workerReloadSignal: 'NOPE' }],
      [{ workerHeapLimit: '15MB' }],
      [{ workerHeapLimit: 'much' }],
      [{ workerHeapLimit: 512 }],
    ])('include %p', (raw) => {
      const [key = ''] = Object.keys(raw);
      expect(problemsOf({ raw })).toEqual([expect.stringContaining(`config: ${key} must be `)]);
    });

    it('are all reported at once, a line each, also overridden values', () => {
      const problems = problemsOf({
        workerOptions: onWorker({ workers: 0 }),
        serverOptions: onServer({ logFormat: 'xml' }),
        raw: { workers: 'two' },
        env: { SERVERENGINE_WORKERS: '3', SERVERENGINE_LOG_LEVEL: 'loud' },
      });
      expect(problems.map((line) => line.split(' must be ')[0])).toEqual([
        '@server on EchoServer: logFormat',
        '@worker on EchoWorker: workers',
        'config: workers',
        'environment variable SERVERENGINE_LOG_LEVEL: logLevel',
      ]);
    });

    it.each([
      [undefined, 'undefined'],
      [null, 'null'],
      ['server.yml', "'server.yml'"],
      [[1], '[Array]'],
      [new Settings(), '[Settings]'],
    ])('include the config %p', (raw, shown) => {
      expect(problemsOf({ raw })).toEqual([
        `config: must be a plain object, got ${shown}. Give create() an object, or a function that returns or resolves with one.`,
      ]);
    });

    it('do not include an object without a prototype', () => {
      const raw: unknown = Object.assign(Object.create(null) as object, { workers: 2 });
      expect(load({ raw }).engine.workers).toBe(2);
    });
  });

  describe('conflicting keys', () => {
    it('restartBackoffMin must not exceed restartBackoffMax', () => {
      expect(problemsOf({ raw: { restartBackoffMin: 40 } })).toEqual([
        'config: restartBackoffMax must not be less than restartBackoffMin, got 30 (built-in default) and 40 (config).',
      ]);
      expect(
        load({ raw: { restartBackoffMin: 5, restartBackoffMax: '5s' } }).engine.restartBackoffMaxMs,
      ).toBe(5000);
    });

    it('the heartbeat timeout must exceed the interval', () => {
      const options = onWorker({ heartbeatTimeout: 1 });
      expect(problemsOf({ workerOptions: options })).toEqual([
        '@worker on EchoWorker: workerHeartbeatTimeout must be greater than workerHeartbeatInterval, ' +
          'got 1 (@worker on EchoWorker) and 1 (built-in default).',
      ]);
    });

    it('the heartbeat timeout of the server must exceed its interval', () => {
      expect(problemsOf({ raw: { serverHeartbeatInterval: '3m' } })).toEqual([
        'config: serverHeartbeatTimeout must be greater than serverHeartbeatInterval, got 180 (built-in default) and 180 (config).',
      ]);
    });

    it('two commands cannot share one signal, default or not', () => {
      expect(problemsOf({ raw: { signalReload: 'term' } })).toEqual([
        "config: signalReload and signalGracefulStop (built-in default) must not be the same signal, got 'SIGTERM'. Give each command a signal of its own.",
      ]);
      expect(problemsOf({ raw: { signalGracefulStop: 'INT' } })).toEqual([
        "config: signalGracefulStop and signalDetach (built-in default) must not be the same signal, got 'SIGINT'. Give each command a signal of its own.",
      ]);
      expect(
        problemsOf({
          raw: { signalDump: 'WINCH' },
          serverOptions: onServer({ signalReload: 'WINCH' }),
        }),
      ).toEqual([
        "config: signalDump and signalReload (@server on EchoServer) must not be the same signal, got 'SIGWINCH'. Give each command a signal of its own.",
      ]);
    });

    it('a command cannot share the signal that changes the number of workers', () => {
      expect(problemsOf({ raw: { signalReload: 'TTIN' } })).toEqual([
        "config: signalReload must not be 'SIGTTIN', which changes the number of workers.",
      ]);
    });

    it.each(['embedded', 'thread'])('a worker of type %s has no identity of its own', (workerType) => {
      const raw = { workerType, workerChuser: 'nobody', workerChumask: 0 };
      const problem = (key: string, instead: string) =>
        `config: ${key} needs workers that are processes, got workerType '${workerType}' (config). ` +
        `Set workerType to 'process' or 'spawn', or use ${instead} for the whole tree.`;
      expect(problemsOf({ raw })).toEqual([
        problem('workerChuser', 'chuser'),
        problem('workerChumask', 'chumask'),
      ]);
    });

    it.each(['process', 'spawn'])('a worker of type %s may have its own identity', (workerType) => {
      const { engine } = load({ raw: { workerType, workerChuser: 'nobody', workerChumask: '077' } });
      expect(engine).toMatchObject({ workerChuser: 'nobody', workerChumask: 0o77 });
    });

    it.each(['embedded', 'spawn'])('a worker of type %s has no heap of its own', (workerType) => {
      expect(problemsOf({ raw: { workerType, workerHeapLimit: '64MB' } })).toEqual([
        `config: workerHeapLimit needs workers that have a JavaScript heap of their own, got workerType '${workerType}' (config). ` +
          "Set workerType to 'process' or 'thread', or leave the key out.",
      ]);
    });

    it.each<[unknown, string[]]>([
      ['many', ["config: autoscale must be an object { min, max, target }, got 'many'."]],
      [
        { min: 0, max: 2.5, target: 70 },
        [
          'config: autoscale.min must be an integer >= 1, got 0.',
          'config: autoscale.max must be an integer >= 1, got 2.5.',
          'config: autoscale.target must be a number above 0 and below 1, such as 0.7, got 70.',
        ],
      ],
      [
        { min: 4, max: 2, target: 0.7 },
        ['config: autoscale.max must not be less than min, got 2 and min 4.'],
      ],
      [
        { min: 1, max: 2, target: 0.7, cooldown: 5 },
        ['config: autoscale.cooldown is not known. Allowed: min, max, target.'],
      ],
      [{ min: 1, target: 0.7 }, ['config: autoscale.max must be an integer >= 1, got undefined.']],
    ])('autoscale %j reports the problem of each part', (autoscale, problems) => {
      expect(problemsOf({ raw: { workerType: 'process', autoscale } })).toEqual(problems);
    });

    it('autoscale limits the number of workers at the start', () => {
      const autoscale = { min: 2, max: 4, target: 0.7 };
      const raw = { workerType: 'process', workers: 5, autoscale };
      expect(problemsOf({ raw })).toEqual([
        'config: workers must be from 2 to 4, as autoscale says (config), got 5. ' +
          'With autoscale it is the number of workers at the start: leave it out to begin with min.',
      ]);
    });

    it.each(['embedded', 'spawn'])('autoscale cannot measure workers of type %s', (workerType) => {
      const autoscale = { min: 2, max: 4, target: 0.7 };
      expect(problemsOf({ raw: { workerType, autoscale } })).toEqual([
        expect.stringContaining('config: autoscale needs workers whose event loops can be measured'),
      ]);
    });

    it('acceptBalance cannot be combined with separate accept queues', () => {
      const raw = { workerType: 'process', acceptBalance: true, socketScheduling: 'reusePort' };
      expect(problemsOf({ raw })).toEqual([
        "config: acceptBalance needs sockets that workers share, got true with socketScheduling 'reusePort' (config). " +
          "Leave one of them out: with 'reusePort' the kernel spreads connections by itself.",
      ]);
    });

    it('killTree requires a spawn worker and a system with process groups', () => {
      expect(problemsOf({ raw: { workerType: 'process', killTree: true } })).toEqual([
        expect.stringContaining("Set workerType to 'spawn', or leave the key out."),
      ]);
      const killTree = new Map([['killTree' as const, { value: true, place: 'config' }]]);
      expect(notOnWindows(killTree, 'linux')).toEqual([]);
      expect(notOnWindows(killTree, 'win32')).toEqual([expect.stringContaining('config: killTree needs')]);
    });

    it("workerStart 'fork' requires process workers, and preload requires forked ones", () => {
      expect(problemsOf({ raw: { workerType: 'thread', workerStart: 'fork' } })).toEqual([
        "config: workerStart needs workers that run this program in a process of their own, got workerType 'thread' (config). " +
          "Set workerType to 'process', or leave the key out.",
      ]);
      const raw = { workerType: 'process', preload: ['pg'] };
      expect(problemsOf({ raw })).toEqual([
        expect.stringContaining('config: preload needs workers that are forked'),
      ]);
      expect(load({ raw: { ...raw, workerStart: 'fork' } }).engine.preload).toEqual(['pg']);
      const env = { SERVERENGINE_WORKER_START: 'fork', SERVERENGINE_PRELOAD: 'pg, ./more.js' };
      expect(load({ raw: { workerType: 'process' }, env }).engine.preload).toEqual(['pg', './more.js']);
      expect(
        load({ raw: { workerType: 'thread' }, env: { SERVERENGINE_WORKER_START: 'fork' } }).engine
          .workerStart,
      ).toBe('fork');
      expect(problemsOf({ raw: { ...raw, workerStart: 'fork', preload: ['pg', 7] } })).toEqual([
        expect.stringContaining("preload must be a list of module names such as ['express', './routes.js']"),
      ]);
    });

    it('an invalid key is reported once', () => {
      expect(problemsOf({ raw: { restartBackoffMax: 'x', restartBackoffMin: 40 } })).toHaveLength(1);
    });
  });

  describe('unknown names', () => {
    it.each([
      [
        onWorker({ heartbeatTimout: 3 }),
        'heartbeatTimout is not an option of @worker. Did you mean heartbeatTimeout?',
      ],
      [onWorker({ workerType: 'process' }), 'workerType is spelled type here.'],
      [
        onWorker({ logLevel: 'info' }),
        'logLevel is an option of @server. Move it to @server or into the config.',
      ],
    ])('an option of @worker: %p', (workerOptions, message) => {
      expect(problemsOf({ workerOptions })).toEqual([`@worker on EchoWorker: ${message}`]);
    });

    it.each([
      [{ type: 'process' }, 'type is an option of @worker. Move it to @worker or into the config.'],
      [
        { workerType: 'process' },
        'workerType is an option of @worker, spelled type there. Move it to @worker or into the config.',
      ],
    ])('an option of @server: %p', (options, message) => {
      expect(problemsOf({ serverOptions: onServer(options) })).toEqual([`@server on EchoServer: ${message}`]);
    });

    it('an option without a similar name lists the allowed ones', () => {
      const [message] = problemsOf({ serverOptions: onServer({ color: true }) });
      expect(message).toMatch(
        /^@server on EchoServer: color is not an option of @server\. Allowed: .*exitWith.*pidPath/,
      );
    });

    it('options that are not an object give an error', () => {
      const options = 'process' as unknown as Record<string, unknown>;
      expect(problemsOf({ workerOptions: { className: 'EchoWorker', options } })).toEqual([
        "@worker on EchoWorker: the options must be a plain object, got 'process'.",
      ]);
    });

    it.each([
      ['worker', 'workers'],
      ['wrokers', 'workers'],
      ['loglevel', 'logLevel'],
      ['worker_heartbeat_timeout', 'workerHeartbeatTimeout'],
      ['logs', 'log'],
    ])('the config key %s gives a warning that suggests %s, and remains available', (name, meant) => {
      const { user, warnings } = load({ raw: { [name]: 1 } });
      expect(warnings).toEqual([
        `config: ${name} is not an engine key and is taken as your own. Did you mean ${meant}? If not, name ${name} in your schema.`,
      ]);
      expect(user).toEqual({ [name]: 1 });
    });

    it.each(['port', 'bind', 'host', 'db', 'app', 'job', 'path', 'constructor'])(
      'the config key %s is the user’s own and gives no warning',
      (name) => expect(load({ raw: { [name]: 1 } }).warnings).toEqual([]),
    );

    it('variables with our prefix that name no key give a warning', () => {
      const env = {
        PATH: '/bin',
        SERVERENGINE_WORKER: '4',
        SERVERENGINE_COLOUR: 'red',
        SERVERENGINE_INTERNAL_ROLE: 'worker:0',
        SERVERENGINE_SOCKETMANAGER_SOCK_DIR: '/tmp',
      };
      expect(load({ env }).warnings).toEqual([
        'environment variable SERVERENGINE_WORKER is ignored: no engine key and no key of a schema has that name. Did you mean SERVERENGINE_WORKERS?',
        'environment variable SERVERENGINE_COLOUR is ignored: no engine key and no key of a schema has that name.',
      ]);
    });
  });
});
