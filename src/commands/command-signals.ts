import type { EngineConfig } from '../config/engine-config';
import type { Command } from './command';

/** Which signal means which command, according to the configuration. The same for supervisor and server. */
export function commandSignals(engine: EngineConfig): ReadonlyMap<NodeJS.Signals, Command> {
  const canDetach = engine.enableDetach ?? engine.daemonize;
  const commands = new Map<NodeJS.Signals, Command>([
    // Fixed: the terminal, systemd and containers send these whatever the configuration says.
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

/** The signal for this command in another process; undefined: there is none. */
export function signalFor(command: Command, engine: EngineConfig): NodeJS.Signals | undefined {
  // No signal names a group.
  if ('group' in command && command.group !== undefined) return undefined;
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
      // A signal can only mean one worker more, or one fewer.
      if ('to' in command || Math.abs(command.by) !== 1) return undefined;
      return command.by > 0 ? 'SIGTTIN' : 'SIGTTOU';
  }
}
