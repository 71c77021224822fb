import { constants } from 'node:os';
import { inspectEnvForChild } from '../common/inspect-options';
import { every, systemClock } from '../common/clock';
import { LONGEST_STEP_MS, StallAwareClock } from '../common/stall-aware-clock';
import { messageOf } from '../common/errors';
import type { LoadedConfig } from '../config/load';
import { daemonRole, ROLE_ENV } from '../protocol/protocol';
import { launchDaemon, LauncherReport, receiveSockets, type HandedOver } from '../supervisor/daemon';
import { readConfig, type EngineDefinition } from './engine-definition';
import { findEntry } from './entry';
import type { SignalSource } from './signal-source';
import type { RunningEngine } from '../commands/running-engine';
import { MainProcess } from './main-process';
import { passedSockets, refuseActivationOfDaemon } from './socket-activation';

/** What started the main process: the user, a launcher, or the main process that it replaces. */
export type MainOrigin = 'user' | 'launcher' | 'predecessor';

// As long as a reload waits before it logs this.
const SLOW_CONFIG_MS = 5000;

interface Stop {
  readonly by: NodeJS.Signals;
}

/** Runs the main process to its end: launcher, supervisor or server. Resolves with the exit status; never rejects. */
export async function playMain(
  spec: EngineDefinition,
  signals: SignalSource,
  origin: MainOrigin,
  onRunning: (running: RunningEngine) => void,
): Promise<number> {
  const report = origin === 'user' ? undefined : new LauncherReport();
  const refuse = async (reason: string): Promise<void> => {
    if (report) await report.failed(reason);
    // There is no log yet: the user reads the terminal.
    else process.stderr.write(`serverengine: cannot start: ${reason}\n`);
  };
  // Nothing has begun that a stop could wait for, and the start may never go on.
  const stop = new Promise<Stop>((resolve) => {
    signals.onEarlyStop((by) => resolve({ by }));
  });
  const stopped = async ({ by }: Stop): Promise<number> => {
    signals.ignore();
    await report?.failed(`${by} came first`);
    if (!report) process.stderr.write(`serverengine: stopped by ${by} before it was started\n`);
    return 0;
  };
  let loaded: LoadedConfig | Stop;
  // The interval also keeps the event loop alive: a promise that never settles does not, and the process would end
  // silently.
  const waiting = every(SLOW_CONFIG_MS, () => {
    process.stderr.write('serverengine: the config function has not answered yet; the start waits for it\n');
  });
  try {
    loaded = await Promise.race([readConfig(spec), stop]);
  } catch (error) {
    await refuse(messageOf(error));
    return 1;
  } finally {
    waiting.cancel();
  }
  if ('by' in loaded) return stopped(loaded);
  const { engine } = loaded;
  try {
    if (engine.daemonize && origin === 'user') {
      refuseActivationOfDaemon();
      return await launch(spec, signals, loaded);
    }
    const activated = origin === 'user' ? await passedSockets() : [];
    const nothing: HandedOver = { sockets: [], serviceSockets: [] };
    const handedOver = origin === 'predecessor' ? await Promise.race([receiveSockets(), stop]) : nothing;
    if ('by' in handedOver) return await stopped(handedOver);
    signals.onEarlyStop(undefined);
    const predecessor = origin === 'predecessor' ? process.ppid : undefined;
    return await new MainProcess({ spec, signals, loaded, report, handedOver, activated, predecessor }).play(
      onRunning,
    );
  } catch (error) {
    await refuse(messageOf(error));
    return engine.daemonizeErrorExitCode;
  }
}

// The signals that end a command in a terminal: the daemon must not come up after them.
const INTERRUPTS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'];

async function launch(
  spec: EngineDefinition,
  signals: SignalSource,
  { engine }: LoadedConfig,
): Promise<number> {
  const interrupt = new AbortController();
  let by: NodeJS.Signals | undefined;
  // Here no signal is a command: each is treated like one without a meaning.
  signals.deliver({
    commands: new Map(),
    onCommand: () => {},
    onUnknown: (signal) => {
      if (!INTERRUPTS.includes(signal) || by) return;
      by = signal;
      interrupt.abort(`${signal} came before the server was up`);
    },
    onTerminalLost: (isStop) => {
      if (!isStop || by) return;
      by = 'SIGHUP';
      interrupt.abort('the terminal was closed before the server was up');
    },
  });
  const { command, args, engineIndex } = findEntry(spec.entry, spec.engineIndex);
  const outcome = await launchDaemon({
    command,
    args,
    env: { ...inspectEnvForChild(process.env), [ROLE_ENV]: daemonRole(engineIndex) },
    title: engine.supervisor ? engine.daemonProcessName : engine.serverProcessName,
    output: 'ignore',
    sockets: [],
    serviceSockets: [],
    timeoutMs: engine.daemonizeTimeoutMs,
    stopSignal: engine.signalImmediateStop,
    clock: new StallAwareClock(systemClock, LONGEST_STEP_MS),
    signal: interrupt.signal,
  });
  if ('child' in outcome) {
    outcome.child.unref();
    return 0;
  }
  process.stderr.write(`serverengine: cannot start: ${outcome.failure}\n`);
  return by ? 128 + constants.signals[by] : engine.daemonizeErrorExitCode;
}
