import { signalName, signalOrDefault } from './system-key-kinds';

/** Which signal means which command, for supervisor and server alike. */
export const SIGNAL_KEYS = {
  signalGracefulStop: signalOrDefault({
    default: 'SIGTERM',
    source: 'signal_graceful_stop',
    doc: 'Stop gracefully: the workers finish what they have begun.',
  }),
  signalImmediateStop: signalOrDefault({
    default: 'SIGQUIT',
    source: 'signal_immediate_stop',
    doc: 'Stop at once.',
  }),
  signalGracefulRestart: signalOrDefault({
    default: 'SIGUSR1',
    source: 'signal_graceful_restart',
    doc: 'Read the config again and replace the workers, which finish what they have begun.',
  }),
  signalImmediateRestart: signalOrDefault({
    default: 'SIGHUP',
    source: 'signal_immediate_restart',
    doc: 'Read the config again and replace the workers at once.',
  }),
  signalReload: signalOrDefault({
    default: 'SIGUSR2',
    source: 'signal_reload',
    doc: 'Read the config again, reopen the log files, and pass the new config to the workers.',
  }),
  signalDetach: signalOrDefault({
    default: 'SIGINT',
    source: 'signal_detach',
    doc: 'Live restart if `enableDetach` is true, else a graceful stop.',
  }),
  signalDump: signalOrDefault({
    default: 'SIGCONT',
    source: 'signal_dump',
    doc: 'Make every process dump what it is doing. The environment variable `SIGDUMP_SIGNAL` sets the default.',
  }),
  signalUpgrade: signalName({
    doc: 'Replace the whole tree with new code, the main process included, without closing a socket. Without this key no signal does that.',
  }),
};
