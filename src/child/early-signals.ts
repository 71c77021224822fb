import { closeStrayDebugger } from '../node-internals/stray-debugger';
import { Terminal } from '../common/terminal';
import { DEBUGGER_ARGS } from '../protocol/protocol';
import type { WorkerCommand } from './worker-host';

/**
 * The signals of a worker, caught from the moment the package is loaded: otherwise an early USR2 would kill the worker,
 * and a USR1 would open the debugger. They are kept until they are consumed, except a stop: it ends a worker that has
 * not begun.
 *
 * TERM, INT and USR1 (unless USR1 must open the debugger, see takeDebuggerArgs) stop. USR2 reloads. CONT dumps. QUIT
 * has no handler: the worker dies at once, even with a blocked event loop. So does HUP without a terminal.
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
  // Otherwise the server makes sure that it is closed.
  if (!hasDebugger) closeStrayDebugger();
  const terminal = new Terminal({ isForeground: () => false });
  for (const [signal, command] of COMMAND_OF) {
    // A first listener would replace the debugger's handler permanently.
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
  // systemd sends CONT after each TERM to every process of the service: nobody has asked for a dump.
  if (command === 'dump' && isStopping) return;
  if (consumer) consumer(command);
  // Nothing has begun that a stop could wait for, and the start may take long.
  else if (command === 'stop') process.exit(0);
  else pending.push(command);
}

/** A closed terminal sends SIGHUP to all processes: the main process decides what to do. */
function outlive(terminal: Terminal): void {
  const onHangUp = (): void =>
    terminal.onHangUp((meaning) => {
      if (meaning !== 'command') return;
      process.off('SIGHUP', onHangUp);
      process.kill(process.pid, 'SIGHUP');
    });
  process.on('SIGHUP', onHangUp);
}

/** Delivers the commands that have come so far, and every later one. */
export function consumeWorkerSignals(consume: (command: WorkerCommand) => void): void {
  consumer = consume;
  for (const command of pending.splice(0)) consume(command);
}

/**
 * Whether the server may open our debugger. Its arguments are removed: they are not for programs that the worker
 * starts.
 */
function takeDebuggerArgs(execArgv: string[]): boolean {
  if (!DEBUGGER_ARGS.every((argument, index) => execArgv[index] === argument)) return false;
  execArgv.splice(0, DEBUGGER_ARGS.length);
  return true;
}
