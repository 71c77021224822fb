import { closeStrayDebugger } from '../node-internals/stray-debugger';
import { Terminal } from '../common/terminal';
import { DEBUGGER_ARGS } from '../protocol/protocol';
import type { WorkerCommand } from './worker-host';

/**
 * The signals of a worker, caught from the moment the package is loaded: a USR2 that came a little early would
 * else kill the worker, a USR1 open the debugger. Kept until somebody takes them, but for a stop: it ends a worker that
 * has not begun.
 *
 * TERM, INT and USR1 (unless it is to open the debugger, see takeDebuggerArgs) stop · USR2 reloads · CONT dumps · QUIT
 * has no handler: the worker dies at once, even with a blocked event loop. So does HUP, where there is no terminal.
 */
const COMMAND_OF: ReadonlyMap<NodeJS.Signals, WorkerCommand> = new Map<NodeJS.Signals, WorkerCommand>([
  ['SIGTERM', 'stop'],
  ['SIGINT', 'stop'],
  ['SIGUSR1', 'stop'],
  ['SIGUSR2', 'reload'],
  ['SIGCONT', 'dump'],
]);

const pending: WorkerCommand[] = [];
let isStopping = false;
let consumer: ((command: WorkerCommand) => void) | undefined;

export function installWorkerSignals(): void {
  const hasDebugger = takeDebuggerArgs(process.execArgv);
  // Where it has one, the server sees to it that it is closed.
  if (!hasDebugger) closeStrayDebugger();
  const terminal = new Terminal({ isForeground: () => false });
  for (const [signal, command] of COMMAND_OF) {
    // The first listener would take the debugger away for good.
    if (hasDebugger && signal === 'SIGUSR1') continue;
    process.on(signal, () => {
      if (command === 'dump') terminal.onContinue(() => take(command));
      else take(command);
    });
  }
  if (terminal.isThere) outlive(terminal);
}

function take(command: WorkerCommand): void {
  if (command === 'stop') isStopping = true;
  // systemd sends CONT after each TERM, to every process of the service: nobody has asked for a dump.
  if (command === 'dump' && isStopping) return;
  if (consumer) consumer(command);
  // Nothing was begun that a stop could wait for, and the start may take long.
  else if (command === 'stop') process.exit(0);
  else pending.push(command);
}

/** A terminal that is closed sends SIGHUP to all: the main process decides what comes of that. */
function outlive(terminal: Terminal): void {
  const onHangUp = (): void =>
    terminal.onHangUp((meaning) => {
      if (meaning !== 'command') return;
      process.off('SIGHUP', onHangUp);
      process.kill(process.pid, 'SIGHUP');
    });
  process.on('SIGHUP', onHangUp);
}

/** Hands over the commands that came so far, and every later one. */
export function consumeWorkerSignals(consume: (command: WorkerCommand) => void): void {
  consumer = consume;
  for (const command of pending.splice(0)) consume(command);
}

/** Whether the server may open our debugger. Its arguments are not for the programs that the worker starts. */
function takeDebuggerArgs(execArgv: string[]): boolean {
  if (!DEBUGGER_ARGS.every((argument, index) => execArgv[index] === argument)) return false;
  execArgv.splice(0, DEBUGGER_ARGS.length);
  return true;
}
