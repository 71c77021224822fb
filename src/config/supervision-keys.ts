import { boolean, duration, optionalBoolean, text } from './key-kinds';
import { watchGlobs } from './system-key-kinds';

/** Daemonizing, and how the supervisor watches the server process. */
export const SUPERVISION_KEYS = {
  daemonize: boolean({
    default: false,
    source: 'daemonize',
    doc: 'Leave the terminal and go on in the background. The command returns 0 once the server is up.',
  }),
  daemonizeTimeout: duration('positive', {
    default: 60,
    doc: 'How long the command that daemonizes waits for the server to be up. After that it stops the server and fails.',
  }),
  startRetry: boolean({
    default: false,
    reloadable: true,
    doc: 'What happens if no worker ever comes up. With `false` the start fails at once, with the reason and the status `daemonizeErrorExitCode`. With `true` the server tries for ever, and a supervisor also tries again after a failed `beforeRun()`. Once a worker was up, the server always tries for ever.',
  }),
  supervisor: boolean({
    default: false,
    source: 'supervisor',
    doc: 'Run a supervisor above the server: it starts a dead server again and replaces it live.',
  }),
  watch: watchGlobs({
    doc: 'For development: workers restart when a file changes, and no request is refused. A change of the configuration file reloads it. `true` watches every JavaScript and TypeScript file below the folder in which the engine was started. Otherwise set a glob, a folder, or a list of them, relative to that folder; `!` in front excludes files. `node_modules` and folders whose name begins with a dot are ignored, unless they are named. While it is on, stacks of workers show the source, `startRetry` is true and `maxRestarts` does not count, because the next change may be the cure. Not for production: the log warns there. Without this key nothing is watched.',
  }),
  disableSigdump: boolean({
    default: false,
    source: 'disable_sigdump',
    doc: 'Ignores `signalDump`: it writes no dumps.',
  }),
  sigdumpDir: text('a path', {
    reloadable: true,
    doc: "Directory for the dumps, `sigdump-PID.log`. The engine does not create it. The default is the system's directory for temporary files.",
  }),
  sigdumpHeap: boolean({
    default: false,
    reloadable: true,
    doc: 'A dump also writes a heap snapshot, in a new directory below `sigdumpDir`. Each process stands still until its snapshot is written: seconds for a small heap, minutes for gigabytes.',
  }),
  restartServerProcess: boolean({
    default: false,
    source: 'restart_server_process',
    doc: 'A restart command replaces the server process, not only its workers. Needs a supervisor.',
  }),
  enableDetach: optionalBoolean({
    source: 'enable_detach',
    doc: 'Makes `signalDetach` a live restart. The default is true for a daemon and false in the foreground, so that Ctrl-C stops the engine. Needs a supervisor.',
  }),
  exitOnDetach: boolean({
    default: false,
    source: 'exit_on_detach',
    doc: 'After `signalDetach` the supervisor ends, and the server goes on alone until it has finished.',
  }),
  disableReload: boolean({
    default: false,
    source: 'disable_reload',
    doc: 'The supervisor does not read its config again on a reload. It still reopens the log files.',
  }),
  serverRestartWait: duration('zero or more', {
    default: 1,
    reloadable: true,
    source: 'server_restart_wait',
    doc: 'Minimum time between two starts of the server process.',
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
    doc: 'If the server process sends no heartbeat for this long, the supervisor stops it at once and replaces it.',
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
    doc: 'Graceful stop of the server process: how much longer each further interval is.',
  }),
  serverGracefulKillTimeout: duration('zero or more, or never', {
    default: 600,
    reloadable: true,
    source: 'server_graceful_kill_timeout',
    doc: 'Graceful stop of the server process: time from the first SIGTERM to the immediate stop. -1 means never.',
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
    doc: 'Immediate stop of the server process: how much longer each further interval is.',
  }),
  serverImmediateKillTimeout: duration('zero or more, or never', {
    default: 600,
    reloadable: true,
    source: 'server_immediate_kill_timeout',
    doc: 'Immediate stop of the server process: time from the first SIGQUIT to SIGKILL. -1 means never.',
  }),
  serverHeartbeatKillDelay: duration('zero or more, or never', {
    default: 10,
    reloadable: true,
    doc: 'Stop of a server process that missed its heartbeat: time from SIGQUIT to SIGKILL, unless `serverImmediateKillTimeout` is shorter. -1 means `serverImmediateKillTimeout`.',
  }),
};
