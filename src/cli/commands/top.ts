import { emitKeypressEvents, type Key } from 'node:readline';
import { systemClock } from '../../common/clock';
import type { EngineStatus, WorkerStatus } from '../../contract/status';
import { CliError, EXIT } from '../exit-codes';
import type { EngineOptions } from '../find-engine';
import { NO_WRAP, WRAP } from '../live-lines';
import type { Screen } from '../screen';
import { endOf, headline, templateLines, workerLines } from '../status-view';
import { shortTime } from '../units';
import { withEngine } from '../with-engine';

export interface TopOptions extends EngineOptions {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

type Order = 'worker' | 'busy' | 'memory' | 'delay';

const KEYS: Readonly<Record<string, Order>> = { w: 'worker', b: 'busy', m: 'memory', d: 'delay' };
const HELP = 'q quit   order by: w worker  b busy  m memory  d delay';
const ENTER = `\u001b[?1049h\u001b[?25l${NO_WRAP}`;
const LEAVE = `${WRAP}\u001b[?25h\u001b[?1049l`;
const MOST_DEATHS = 3;

/** @throws CliError (as a rejection) if stdout is not a terminal. */
export async function top(options: TopOptions, screen: Screen): Promise<void> {
  const { stdin } = process;
  if (!screen.isTerminal || !stdin.isTTY)
    throw new CliError(EXIT.usage, 'top needs a terminal. Use serverengine status --watch here.');
  // Before the screen is switched: an error belongs on the normal screen.
  let said = await ask(options);
  let order: Order = 'worker';
  let wake = (): void => {};
  const end = { isIt: false };
  const draw = (): void => {
    const lines = topLines(said, order, screen);
    screen.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`);
  };
  const onKey = (_text: string | undefined, key: Key): void => {
    if (key.name === 'q' || (key.ctrl && key.name === 'c')) end.isIt = true;
    order = KEYS[key.name ?? ''] ?? order;
    if (end.isIt) wake();
    else draw();
  };
  // However the command ends, the terminal is restored.
  const leave = (): void => {
    process.stdout.off('resize', draw);
    stdin.off('keypress', onKey).setRawMode(false).pause();
    screen.write(LEAVE);
  };
  const onSignal = (): void => {
    end.isIt = true;
    wake();
  };
  emitKeypressEvents(stdin);
  stdin.setRawMode(true).on('keypress', onKey).resume();
  process.stdout.on('resize', draw);
  process.once('SIGTERM', onSignal).once('SIGHUP', onSignal);
  screen.write(ENTER);
  try {
    for (;;) {
      draw();
      await new Promise<void>((resolve) => {
        const timer = systemClock.after(options.intervalMs, resolve);
        wake = () => {
          timer.cancel();
          resolve();
        };
      });
      if (end.isIt) return;
      said = await ask(options);
    }
  } finally {
    leave();
  }
}

function ask(options: TopOptions): Promise<EngineStatus> {
  return withEngine(options, (engine) => engine.ask({ request: 'status' }, options.timeoutMs));
}

/** The whole screen: never more lines than the terminal has. */
export function topLines(
  status: EngineStatus,
  order: Order,
  { paint, rows, columns }: Pick<Screen, 'paint' | 'rows' | 'columns'>,
  now = systemClock.wallTime(),
): readonly string[] {
  const options = { paint, now, width: columns };
  const ordered = { ...status, workers: [...status.workers].sort(comparing(order)) };
  const deaths = status.deaths.slice(-MOST_DEATHS).reverse();
  const below = [
    ...templateLines(status, options),
    '',
    ...deaths.map((death) => {
      const who = `${death.group}/${String(death.workerId)}`;
      return paint('dim', `${who} ended ${shortTime(now - death.at)} ago: ${endOf(death)}`);
    }),
    paint('dim', HELP),
  ];
  const above = [headline(status, options), ...workerLines(ordered, options)];
  const room = Math.max(1, rows - below.length);
  const hidden = above.length - room;
  const seen =
    hidden > 0 ? [...above.slice(0, room - 1), paint('dim', `… ${String(hidden + 1)} more`)] : above;
  return [...seen, ...below].slice(0, rows);
}

function comparing(order: Order): (one: WorkerStatus, other: WorkerStatus) => number {
  const of: Readonly<Record<Order, (worker: WorkerStatus) => number>> = {
    worker: () => 0,
    busy: ({ utilization = -1 }) => utilization,
    memory: ({ rssBytes = -1 }) => rssBytes,
    delay: ({ loopDelayMs = -1 }) => loopDelayMs,
  };
  return (one, other) => of[order](other) - of[order](one);
}
