import type { EngineConfig } from '../config/engine-config';
import type { ServerCommand } from './commands';

/** Which signal means which command, by the configuration. The same for supervisor and server. */
export function commandSignals(engine: EngineConfig): ReadonlyMap<NodeJS.Signals, ServerCommand> {
  const canDetach = engine.enableDetach ?? engine.daemonize;
  const commands = new Map<NodeJS.Signals, ServerCommand>([
    // Not to be remapped: the terminal, systemd and containers send these whatever the configuration says.
    ['SIGINT', { kind: 'stop', graceful: true }],
    ['SIGTERM', { kind: 'stop', graceful: true }],
    ['SIGTTIN', { kind: 'scale', by: 1 }],
    ['SIGTTOU', { kind: 'scale', by: -1 }],
    [engine.signalDetach, canDetach ? { kind: 'detach' } : { kind: 'stop', graceful: true }],
    [engine.signalGracefulStop, { kind: 'stop', graceful: true }],
    [engine.signalImmediateStop, { kind: 'stop', graceful: false }],
    [engine.signalGracefulRestart, { kind: 'restart', graceful: true }],
    [engine.signalImmediateRestart, { kind: 'restart', graceful: false }],
    [engine.signalReload, { kind: 'reload' }],
  ]);
  if (engine.signalUpgrade !== undefined) commands.set(engine.signalUpgrade, { kind: 'upgrade' });
  if (!engine.disableSigdump) commands.set(engine.signalDump, { kind: 'dump' });
  return commands;
}

/** The signal that brings this command to the process below. */
export function signalFor(command: ServerCommand, engine: EngineConfig): NodeJS.Signals | undefined {
  switch (command.kind) {
    case 'stop':
      return command.graceful ? engine.signalGracefulStop : engine.signalImmediateStop;
    case 'restart':
      return command.graceful ? engine.signalGracefulRestart : engine.signalImmediateRestart;
    case 'reload':
      return engine.signalReload;
    case 'detach':
      return engine.signalDetach;
    case 'upgrade':
      return engine.signalUpgrade;
    case 'dump':
      return engine.signalDump;
    case 'scale':
      return command.by > 0 ? 'SIGTTIN' : 'SIGTTOU';
  }
}
