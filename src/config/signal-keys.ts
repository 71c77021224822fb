import { signalName, signalOrDefault } from './key-kinds';

/** Which signal means which command, to supervisor and server alike. */
export const SIGNAL_KEYS = {
  signalGracefulStop: signalOrDefault({
    default: 'SIGTERM',
    source: 'signal_graceful_stop',
    doc: 'Stop: the workers finish what they are at.',
  }),
  signalImmediateStop: signalOrDefault({
    default: 'SIGQUIT',
    source: 'signal_immediate_stop',
    doc: 'Stop at once.',
  }),
  signalGracefulRestart: signalOrDefault({
    default: 'SIGUSR1',
    source: 'signal_graceful_restart',
    doc: 'Read the config again and replace the workers, which finish what they are at.',
  }),
  signalImmediateRestart: signalOrDefault({
    default: 'SIGHUP',
    source: 'signal_immediate_restart',
    doc: 'Read the config again and replace the workers at once.',
  }),
  signalReload: signalOrDefault({
    default: 'SIGUSR2',
    source: 'signal_reload',
    doc: 'Read the config again, open the log files anew, tell the workers.',
  }),
  signalDetach: signalOrDefault({
    default: 'SIGINT',
    source: 'signal_detach',
    doc: 'Live restart where `enableDetach` holds, else a graceful stop.',
  }),
  signalDump: signalOrDefault({
    default: 'SIGCONT',
    source: 'signal_dump',
    doc: 'Write down what every process is doing. The environment variable `SIGDUMP_SIGNAL` sets the default.',
  }),
  signalUpgrade: signalName({
    doc: 'Replace the whole tree from the top with new code, without closing a socket. None: no signal does that.',
  }),
};
