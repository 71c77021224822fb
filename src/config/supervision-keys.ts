import { boolean, duration, optionalBoolean, text } from './key-kinds';

/** Leaving the terminal, and the supervisor's watch over the server process. */
export const SUPERVISION_KEYS = {
  daemonize: boolean({
    default: false,
    source: 'daemonize',
    doc: 'Leave the terminal and go on in the background. The command returns 0 once the server is up.',
  }),
  daemonizeTimeout: duration('positive', {
    default: 60,
    doc: 'How long that command waits for the server to be up; then it stops it and fails.',
  }),
  startRetry: boolean({
    default: false,
    reloadable: true,
    doc: 'What a start does at which no worker ever comes up: with `false` it fails at once, with the reason and the status `daemonizeErrorExitCode`; with `true` it is tried for ever, by a supervisor also after a failed `beforeRun()`. Once a worker was up, everything is tried for ever.',
  }),
  supervisor: boolean({
    default: false,
    source: 'supervisor',
    doc: 'Run a supervisor above the server: it starts a dead server again and replaces it live.',
  }),
  disableSigdump: boolean({
    default: false,
    source: 'disable_sigdump',
    doc: 'No dump on `signalDump`.',
  }),
  sigdumpDir: text('a path', {
    reloadable: true,
    doc: 'Directory of the dumps, `sigdump-PID.log`. It is not made. None: that of the system for temporary files.',
  }),
  sigdumpHeap: boolean({
    default: false,
    reloadable: true,
    doc: 'A dump also writes a heap snapshot, in a directory of its own under `sigdumpDir`. Each process stands still for as long as that takes: seconds for a large heap.',
  }),
  restartServerProcess: boolean({
    default: false,
    source: 'restart_server_process',
    doc: 'A restart command replaces the server process, not only its workers. With a supervisor.',
  }),
  enableDetach: optionalBoolean({
    source: 'enable_detach',
    doc: 'Makes `signalDetach` a live restart. None: true when daemonized, else false, so that Ctrl-C stops. With a supervisor.',
  }),
  exitOnDetach: boolean({
    default: false,
    source: 'exit_on_detach',
    doc: 'After `signalDetach` the supervisor ends and the server goes on by itself until it has finished.',
  }),
  disableReload: boolean({
    default: false,
    source: 'disable_reload',
    doc: 'The supervisor does not read its config again on a reload; log files are opened anew all the same.',
  }),
  serverRestartWait: duration('zero or more', {
    default: 1,
    reloadable: true,
    source: 'server_restart_wait',
    doc: 'Least time between two starts of the server process.',
  }),
  serverDetachWait: duration('zero or more', {
    default: 10,
    reloadable: true,
    source: 'server_detach_wait',
    doc: 'Live restart: how long the supervisor waits for the old server to end before it starts the next.',
  }),
  serverHeartbeatInterval: duration('positive', {
    default: 1,
    reloadable: true,
    source: 'server_heartbeat_interval',
    doc: 'Time between two heartbeats of the event loop of the server process.',
  }),
  serverHeartbeatTimeout: duration('positive', {
    default: 180,
    reloadable: true,
    source: 'server_heartbeat_timeout',
    doc: 'A server process without a heartbeat for this long is stopped at once and replaced.',
  }),
  serverGracefulKillInterval: duration('positive', {
    default: 15,
    reloadable: true,
    source: 'server_graceful_kill_interval',
    doc: 'Graceful stop of the server process: time from the first SIGTERM to the second.',
  }),
  serverGracefulKillIntervalIncrement: duration('zero or more', {
    default: 10,
    reloadable: true,
    source: 'server_graceful_kill_interval_increment',
    doc: 'Graceful stop of the server process: by how much each further interval is longer.',
  }),
  serverGracefulKillTimeout: duration('zero or more, or never', {
    default: 600,
    reloadable: true,
    source: 'server_graceful_kill_timeout',
    doc: 'Graceful stop of the server process: time from the first SIGTERM to the immediate stop. -1: never.',
  }),
  serverImmediateKillInterval: duration('positive', {
    default: 10,
    reloadable: true,
    source: 'server_immediate_kill_interval',
    doc: 'Immediate stop of the server process: time from the first SIGQUIT to the second.',
  }),
  serverImmediateKillIntervalIncrement: duration('zero or more', {
    default: 10,
    reloadable: true,
    source: 'server_immediate_kill_interval_increment',
    doc: 'Immediate stop of the server process: by how much each further interval is longer.',
  }),
  serverImmediateKillTimeout: duration('zero or more, or never', {
    default: 600,
    reloadable: true,
    source: 'server_immediate_kill_timeout',
    doc: 'Immediate stop of the server process: time from the first SIGQUIT to SIGKILL. -1: never.',
  }),
  serverHeartbeatKillDelay: duration('zero or more, or never', {
    default: 10,
    reloadable: true,
    doc: 'Stop of a server process that missed its heartbeat: time from SIGQUIT to SIGKILL, where `serverImmediateKillTimeout` is not shorter. -1: `serverImmediateKillTimeout`.',
  }),
};
