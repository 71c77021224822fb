import { sleep, systemClock } from '../../common/clock';
import type { EngineStatus } from '../../contract/status';
import type { EngineOptions } from '../find-engine';
import { LiveLines } from '../live-lines';
import { asJson, type Screen } from '../screen';
import { statusLines } from '../status-view';
import { withEngine } from '../with-engine';

export interface StatusOptions extends EngineOptions {
  readonly json?: boolean | undefined;
  /** Repeats, with this much time in between. */
  readonly watchMs?: number | undefined;
  readonly timeoutMs: number;
}

export async function status(options: StatusOptions, screen: Screen): Promise<void> {
  const { json, watchMs, timeoutMs } = options;
  const live = new LiveLines(screen);
  do {
    const said = await withEngine(options, (engine) => engine.ask({ request: 'status' }, timeoutMs));
    if (json) screen.write(watchMs === undefined ? asJson(said) : `${JSON.stringify(said)}\n`);
    else if (watchMs !== undefined && screen.isTerminal) live.show(lines(said, screen));
    else screen.write(`${lines(said, screen).join('\n')}\n${watchMs === undefined ? '' : '\n'}`);
    if (watchMs !== undefined) await sleep(systemClock, watchMs);
  } while (watchMs !== undefined);
}

function lines(said: EngineStatus, { paint }: Screen): readonly string[] {
  return statusLines(said, { paint, now: systemClock.wallTime() });
}
