import { IDENTITY_KEYS, WORKER_IDENTITY_KEYS } from './identity-keys';
import type { KeyBody, KeyKind } from './key-body';
import { boolean, duration, integer, oneOf, optionalDuration, ratio, text, textOrFalse } from './key-kinds';
import { exitCodes, moduleNames, processCount, signalName } from './system-key-kinds';
import { LOG_KEYS } from './log-keys';
import { WORKER_RESOURCE_KEYS } from './resource-keys';
import { RENEWAL_KEYS } from './renewal-keys';
import { SIGNAL_KEYS } from './signal-keys';
import { STATUS_KEYS } from './status-keys';
import { SUPERVISION_KEYS } from './supervision-keys';

/** The decorator that takes the key. */
export type KeyOwner = 'worker' | 'server';

/** One engine key with everything that is known about it. */
export type Key = KeyBody<KeyKind, unknown, unknown> & { readonly owner: KeyOwner };

/**
 * Every engine key, described only here: validation, EngineConfig, the options of the decorators, the environment
 * variables, reload and docs/configuration.md all follow from this table.
 */
const KEYS = {
  ...ownedBy('worker', {
    workerType: oneOf(['embedded', 'thread', 'process', 'spawn'], {
      default: 'embedded',
      source: 'worker_type',
      doc: "How a worker runs: `embedded` in the server's own event loop, `thread` in a thread of the server, `process` in its own process, `spawn` as any program.",
    }),
    workerStart: oneOf(['spawn', 'fork'], {
      default: 'spawn',
      doc: 'How a `process` worker is started. `spawn`: Node runs the program again for each worker. `fork` (experimental, Linux): the program is loaded once, in a process from which workers are forked: they start in milliseconds and share its memory. Where that cannot work, the log says why, and workers are spawned. As an environment variable it is ignored for workers of other types. See docs/guides/fork.md.',
    }),
    preload: moduleNames({
      doc: "Modules that a program with `workerStart: 'fork'` needs later than at its start: `['pg', './reports.js']`. They are loaded once, when the program is loaded and before `beforeFork()`, and all workers share them. Paths are relative to the entry script. Not with `workerStart: 'spawn'`, where nothing would be shared. In the environment variable, separate names with commas. Without this key only the modules that the program itself loads are shared.",
    }),
    workers: processCount(
      { perProcessor: 1, least: 1 },
      {
        default: 1,
        reloadable: true,
        source: 'workers',
        doc: 'How many workers run. `auto` means one for each processor that the server may use, and at least 1; in a container its CPU quota counts, rounded down.',
      },
    ),
    startWorkerDelay: duration('zero or more', {
      default: 0,
      reloadable: true,
      source: 'start_worker_delay',
      doc: 'Time between the starts of two workers.',
    }),
    startWorkerDelayRand: ratio({
      default: 0.2,
      reloadable: true,
      source: 'start_worker_delay_rand',
      doc: 'How far `startWorkerDelay` varies at random: 0.2 is ± 10 %.',
    }),
    startWorkerConcurrency: processCount(
      { perProcessor: 4, least: 8 },
      {
        default: 'auto',
        reloadable: true,
        doc: 'How many workers may be starting at the same time, including replacements after a restart or a crash. A worker is starting until it reaches `run()`, for at most `workerReadyTimeout`. `auto` means four for each processor that the server may use, and at least 8.',
      },
    ),
    restartWorkerInterval: duration('zero or more', {
      default: 0,
      reloadable: true,
      source: 'restart_worker_interval',
      doc: 'Minimum time before a dead worker is started again. It does not delay the other workers.',
    }),
    workerHeartbeatInterval: duration('positive', {
      default: 1,
      reloadable: true,
      source: 'worker_heartbeat_interval',
      doc: "Time between two heartbeats of a worker's event loop.",
    }),
    workerHeartbeatTimeout: duration('positive', {
      default: 180,
      reloadable: true,
      source: 'worker_heartbeat_timeout',
      doc: 'If a worker sends no heartbeat for this long, the server stops it at once and replaces it.',
    }),
    hangDiagnosis: oneOf(['inspector', 'thread', 'off'], {
      default: 'inspector',
      doc: "How the server gets the JavaScript stack of a worker that missed its heartbeat, to log it before it stops the worker. `inspector`: the server opens the worker's debugger with SIGUSR1 for that moment, on a random loopback port that only the server knows. `thread`: a thread in each process worker answers the server; it needs no port and about 8 MB. `off`: the server logs no stack. Workers of type `thread`, and forked workers, never need a port.",
    }),
    workerLagWarn: optionalDuration({
      reloadable: true,
      doc: 'If the event loop of a `process` worker was blocked for this long, the worker logs a warning that names the function. This takes a thread and about 8 MB in each worker. Without this key there is no such warning.',
    }),
    workerGracefulKillInterval: duration('positive', {
      default: 15,
      reloadable: true,
      source: 'worker_graceful_kill_interval',
      doc: 'Graceful stop: time from the first SIGTERM to the second.',
    }),
    workerGracefulKillIntervalIncrement: duration('zero or more', {
      default: 10,
      reloadable: true,
      source: 'worker_graceful_kill_interval_increment',
      doc: 'Graceful stop: how much longer each further interval is.',
    }),
    workerGracefulKillTimeout: duration('zero or more, or never', {
      default: 600,
      reloadable: true,
      source: 'worker_graceful_kill_timeout',
      doc: 'Graceful stop: time from the first SIGTERM to the immediate stop. -1 means never.',
    }),
    workerImmediateKillInterval: duration('positive', {
      default: 10,
      reloadable: true,
      source: 'worker_immediate_kill_interval',
      doc: 'Immediate stop: time from the first SIGQUIT to the second.',
    }),
    workerImmediateKillIntervalIncrement: duration('zero or more', {
      default: 10,
      reloadable: true,
      source: 'worker_immediate_kill_interval_increment',
      doc: 'Immediate stop: how much longer each further interval is.',
    }),
    workerImmediateKillTimeout: duration('zero or more, or never', {
      default: 600,
      reloadable: true,
      source: 'worker_immediate_kill_timeout',
      doc: 'Immediate stop: time from the first SIGQUIT to SIGKILL. -1 means never.',
    }),
    workerHeartbeatKillDelay: duration('zero or more, or never', {
      default: 10,
      reloadable: true,
      doc: 'Stop of a worker that missed its heartbeat: time from SIGQUIT to SIGKILL, unless `workerImmediateKillTimeout` is shorter. A thread that cannot be terminated is left behind at that time. -1 means `workerImmediateKillTimeout`.',
    }),
    restartStrategy: oneOf(['auto', 'all', 'rolling'], {
      default: 'auto',
      reloadable: true,
      doc: 'How a restart replaces workers. `all`: it stops every worker at once and replaces each when it has ended; a worker that listens on a socket of the engine is replaced as soon as it accepts nothing new. `rolling`: each replacement is ready before its old worker stops; if one does not become ready, the rollout halts and the old workers stay. `auto`: `rolling` for workers that listen on sockets of the engine, `all` for the others.',
    }),
    restartConcurrency: integer(
      { min: 1 },
      {
        default: 1,
        reloadable: true,
        doc: 'Rolling restart: how many workers are replaced at the same time.',
      },
    ),
    restartLinger: duration('zero or more', {
      default: 0,
      reloadable: true,
      doc: 'Rolling restart: how long the rollout waits for an old worker to end once it accepts nothing new, before it goes on to the next. The old worker then goes on until it has finished, or until `workerGracefulKillTimeout` is over.',
    }),
    workerReady: oneOf(['auto', 'listening', 'explicit'], {
      default: 'auto',
      reloadable: true,
      doc: 'When a worker counts as ready. A rolling restart, an upgrade and the command that daemonizes wait for that. `auto`: the worker has entered `run()`, and the sockets that it asked for are listening. `listening`: its first server listens, even if `run()` does other things first. `explicit`: the worker has called `this.ready()`, for example after it has filled a cache. A reload applies to workers that start after it. Not for `spawn` workers.',
    }),
    workerReadyTimeout: duration('positive', {
      default: 30,
      reloadable: true,
      doc: 'How long a worker may take to become ready (see `workerReady`). If it sends no heartbeat for this long, because the import of the program, its constructor or `run()` hangs, the server logs its stack, ends it and replaces it. If its event loop runs, the log names the worker, and it goes on. Rolling restart: if a replacement is not ready in this time, the rollout halts; if an old worker does not stop accepting in this time, the rollout goes on without waiting for it.',
    }),
    restartBackoffMin: duration('zero or more', {
      default: 0.1,
      reloadable: true,
      doc: 'First delay before a worker that keeps dying is started again. The delay doubles each time, with jitter. The first restart is immediate.',
    }),
    restartBackoffMax: duration('zero or more', {
      default: 30,
      reloadable: true,
      doc: 'Longest delay before a worker that keeps dying is started again.',
    }),
    restartBackoffReset: duration('zero or more', {
      default: 10,
      reloadable: true,
      doc: 'If a worker has lived this long, its next restart is immediate again.',
    }),
    maxRestarts: integer(
      { min: 0 },
      {
        default: 0,
        reloadable: true,
        doc: 'If workers crash more often than this within `maxRestartsPeriod`, the server ends with status 75. A supervisor ends in the same way if its server process crashes that often. 0 means no limit.',
      },
    ),
    maxRestartsPeriod: duration('positive', {
      default: 60,
      reloadable: true,
      doc: 'The period in which `maxRestarts` counts crashes.',
    }),
    ...RENEWAL_KEYS,
    workerReloadSignal: signalName({
      source: 'worker_reload_signal',
      doc: 'Spawn workers: the signal that tells the program to reload. Without this key a reload does not reach the program, unless `commandSender` is `pipe`.',
    }),
    acceptBalance: boolean({
      default: false,
      reloadable: true,
      doc: 'Lets a `process` worker that has many more connections than the others (above 64, and above 1.5 times the mean) pause accepting until they have caught up. The server checks once a second, so this helps with long connections, such as WebSockets. A worker pauses only if it shares each of its sockets with other workers. Not with `socketScheduling: reusePort`, which spreads connections by itself.',
    }),
    killTree: boolean({
      default: false,
      reloadable: true,
      doc: 'Spawn workers: the program gets its own process group and session. The signals that end it go to the whole group, and processes that are left when the program has ended are killed at once. A process that starts its own session leaves the group, and the signals do not reach it. Not on Windows. A reload applies to workers that start after it.',
    }),
    unrecoverableExitCodes: exitCodes({
      default: [],
      source: 'unrecoverable_exit_codes',
      doc: 'A worker that ends with one of these statuses is not restarted. When all workers have ended like this, the server ends.',
    }),
    stopImmediatelyAtUnrecoverableExit: boolean({
      default: false,
      source: 'stop_immediately_at_unrecoverable_exit',
      doc: 'The first exit with one of the `unrecoverableExitCodes` stops the server gracefully.',
    }),
    workerCloseServers: boolean({
      default: true,
      doc: 'On a graceful stop a `process` or `thread` worker closes everything that it listens on: it answers requests in flight and closes idle connections. With `false` your `stop()` must do that.',
    }),
    ...WORKER_RESOURCE_KEYS,
    ...WORKER_IDENTITY_KEYS,
  }),
  ...ownedBy('server', {
    commandSender: oneOf(['signal', 'pipe'], {
      default: process.platform === 'win32' ? 'pipe' : 'signal',
      source: 'command_sender',
      doc: 'How commands reach the main process: `signal`, or `pipe` for one word per line on stdin, such as `GRACEFUL_STOP`. Spawn workers get commands in the same way. On Windows the default is `pipe`.',
    }),
    exitWithWorkerStatus: boolean({
      default: false,
      doc: 'After an unrecoverable exit the server ends with the status of that worker instead of 0.',
    }),
    socketScheduling: oneOf(['shared', 'reusePort'], {
      default: 'shared',
      doc: 'How connections reach process workers. `shared`: all workers accept from one queue, and no connection is lost while workers come and go. `reusePort` (Node 22.12, Linux): the kernel gives each worker its own queue; long connections spread more evenly, but a connection that reaches the queue of a worker just before it closes is reset.',
    }),
    ...LOG_KEYS,
    drainDelay: duration('zero or more', {
      default: 0,
      reloadable: true,
      doc: 'Graceful stop of the server: the server reports at once that it is not ready, keeps accepting for this long, then stops. A restart does not wait.',
    }),
    pidPath: text('a path', {
      source: 'pid_path',
      doc: 'Path of the pid file, which has the pid and a newline. The folder `PATH.lock` next to it identifies its owner. Without this key there is no pid file.',
    }),
    controlSocket: textOrFalse('a path, or false for none', {
      doc: 'Path of the unix socket through which the command `serverengine` reaches this engine. It has mode 0600. It belongs to the main process, so it outlives a server process that is replaced. Its folder must belong to root or to the user of the engine, and no other user may write to it. A missing folder is created. Without this key the socket is next to the pid file, `PIDPATH.sock`, if there is one. With `false` there is no socket.',
    }),
    daemonizeErrorExitCode: integer(
      { min: 0, max: 255 },
      {
        default: 1,
        source: 'daemonize_error_exit_code',
        doc: 'Exit status if the server could not start.',
      },
    ),
    ...SUPERVISION_KEYS,
    ...STATUS_KEYS,
    ...IDENTITY_KEYS,
    ...SIGNAL_KEYS,
  }),
};

/** The table's exact type, from which EngineConfig is inferred. */
export type Keys = typeof KEYS;

/** The name of an engine key as the user spells it in the config. */
export type KeyName = keyof Keys;

/** The table with one type for every key, for code that iterates over all of them. */
export const KEY_TABLE: Readonly<Record<KeyName, Key>> = KEYS;

export const KEY_NAMES = Object.keys(KEYS) as readonly KeyName[];

export function isKeyName(name: string): name is KeyName {
  return Object.hasOwn(KEYS, name);
}

function ownedBy<Owner extends KeyOwner, Bodies extends Record<string, object>>(
  owner: Owner,
  bodies: Bodies,
): { readonly [K in keyof Bodies]: Bodies[K] & { readonly owner: Owner } } {
  const keys = Object.entries(bodies).map(([name, body]) => [name, { ...body, owner }] as const);
  return Object.fromEntries(keys) as { [K in keyof Bodies]: Bodies[K] & { owner: Owner } };
}
