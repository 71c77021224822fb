/** The commands that tell an engine something, and print the outcome. */
import type { Command, ResultOf } from '../../commands/command';
import type { CommandResult, ReloadResult, RestartResult, TakeoverResult } from '../../contract/results';
import { sleep, systemClock } from '../../common/clock';
import type { ControlClient } from '../../control/control-client';
import { CliError, EXIT } from '../exit-codes';
import { isRunning } from '../../common/running';
import type { EngineOptions } from '../find-engine';
import { LiveLines } from '../live-lines';
import { beginProgress, progressLines, stepProgress } from '../rollout-progress';
import { asJson, type Screen } from '../screen';
import { counted, shortTime } from '../units';
import { withEngine } from '../with-engine';

export interface TellOptions extends EngineOptions {
  readonly json?: boolean | undefined;
  readonly timeoutMs: number;
}

export interface WaitOptions extends TellOptions {
  readonly wait?: boolean | undefined;
}

const POLL_MS = 20;

export async function stop(
  options: WaitOptions & { readonly immediate?: boolean },
  screen: Screen,
): Promise<void> {
  const command = { kind: 'stop', graceful: !options.immediate } as const;
  await withEngine(options, async (engine) => {
    const { pid } = engine.hello;
    if (!options.wait) {
      printAsked(options, screen, 'stop', await begun(engine, command));
      return;
    }
    const result = await engine.submit(command, options.timeoutMs);
    // Its pid file and its address are free only after it has ended.
    await gone(pid, options.timeoutMs);
    print(options, screen, result, () => `stopped, process ${String(pid)} has ended`);
  });
}

export async function restart(
  options: WaitOptions & { readonly immediate?: boolean; readonly group?: string },
  screen: Screen,
): Promise<void> {
  const { group, immediate, json, timeoutMs } = options;
  const command = { kind: 'restart', graceful: !immediate, group } as const;
  await withEngine(options, async (engine) => {
    if (!options.wait) {
      printAsked(options, screen, 'restart', await begun(engine, command));
      return;
    }
    if (!json) await showProgress(engine, screen, group);
    const result = await engine.submit(command, timeoutMs);
    print(options, screen, result, restartText, restartText);
  });
}

export async function reload(options: TellOptions, screen: Screen): Promise<void> {
  await withEngine(options, async (engine) => {
    print(options, screen, await engine.submit({ kind: 'reload' }, options.timeoutMs), reloadText);
  });
}

export async function takeOver(
  kind: 'detach' | 'upgrade',
  options: WaitOptions,
  screen: Screen,
): Promise<void> {
  await withEngine(options, async (engine) => {
    if (!options.wait) {
      printAsked(options, screen, kind, await begun(engine, { kind }));
      return;
    }
    const result: TakeoverResult = await engine.submit({ kind }, options.timeoutMs);
    const by = result.pid === undefined ? '' : `, process ${String(result.pid)} has taken over`;
    print(options, screen, result, () => `${kind} done${by}`);
  });
}

export async function scale(words: readonly string[], options: TellOptions, screen: Screen): Promise<void> {
  const { group, count } = parseScale(words);
  const isRelative = /^[+-]/.test(count);
  const change = isRelative ? { by: Number(count) } : { to: Number(count) };
  await withEngine(options, async (engine) => {
    const command = { kind: 'scale', ...change, group } as Command & { readonly kind: 'scale' };
    const result = await engine.submit(command, options.timeoutMs);
    print(options, screen, result, ({ from, to }) => `from ${String(from)} to ${counted(to, 'worker')}`);
  });
}

export async function dump(worker: string | undefined, options: TellOptions, screen: Screen): Promise<void> {
  const who = worker === undefined ? {} : parseWorker(worker);
  await withEngine(options, async (engine) => {
    const result = await engine.submit({ kind: 'dump', ...who }, options.timeoutMs);
    const what = worker === undefined ? 'every process writes its dump' : `worker ${worker} writes its dump`;
    print(options, screen, result, () => `${what}; the log says where (serverengine logs)`);
  });
}

/** `4`, `web 4`, `web +1`. @throws CliError */
export function parseScale(words: readonly string[]): {
  readonly group: string | undefined;
  readonly count: string;
} {
  const count = words.at(-1) ?? '';
  if (words.length > 2 || !/^[+-]?\d+$/.test(count)) {
    throw new CliError(
      EXIT.usage,
      `scale takes a number of workers, or +N or -N; with several groups, put the group first; got '${words.join(' ')}'`,
    );
  }
  return { group: words.length > 1 ? words[0] : undefined, count };
}

/** `2` or `web/2`. @throws CliError */
export function parseWorker(text: string): { readonly worker: number; readonly group?: string } {
  const [, group, id] = /^(?:(.+)\/)?(\d+)$/.exec(text) ?? [];
  if (id === undefined)
    throw new CliError(
      EXIT.usage,
      `name a worker by its id, such as 2, or with its group, such as web/2; got '${text}'`,
    );
  return group === undefined ? { worker: Number(id) } : { worker: Number(id), group };
}

async function showProgress(engine: ControlClient, screen: Screen, group: string | undefined): Promise<void> {
  const { isTerminal } = screen;
  const live = new LiveLines(screen);
  let progress = beginProgress(await engine.ask({ request: 'status' }, STATUS_LIMIT_MS), group);
  await engine.subscribe((event, payload) => {
    const step = stepProgress(progress, event, payload);
    progress = step.progress;
    if (isTerminal) live.show(progressLines(progress));
    else if (step.line !== undefined) screen.write(`${step.line}\n`);
  }, STATUS_LIMIT_MS);
}

const STATUS_LIMIT_MS = 5000;

// A command that cannot be carried out is refused at once; one that can takes its time.
const REFUSAL_MS = 500;

/** The outcome, if it is known at once. In any case the engine has received the command. */
async function begun<C extends Command>(engine: ControlClient, command: C): Promise<ResultOf<C> | undefined> {
  const answer = engine.submit(command, Infinity).catch((error: unknown) => ({ error }));
  await engine.ask({ request: 'log' }, STATUS_LIMIT_MS).catch(() => {});
  const later = sleep(systemClock, REFUSAL_MS).then(() => undefined);
  const result = await Promise.race([answer, later]);
  if (result && 'error' in result) throw result.error;
  return result;
}

function printAsked(
  options: TellOptions,
  screen: Screen,
  kind: Command['kind'],
  result: CommandResult | undefined,
): void {
  if (result) print(options, screen, result, () => `${kind} done`);
  else if (options.json) screen.write(asJson({ ok: true, isUnderWay: true }));
  else screen.write(`${kind} is running; serverengine status shows its progress\n`);
}

/** @throws CliError if the command failed. */
function print<R extends CommandResult>(
  { json }: TellOptions,
  screen: Screen,
  result: R,
  text: (result: R) => string,
  failure = ({ reason }: R): string => reason ?? 'refused',
): void {
  if (json) screen.write(asJson(result));
  if (!result.ok) throw new CliError(EXIT.failed, failure(result));
  if (!json) screen.write(`${text(result)}\n`);
}

export function restartText({ ok, outcome, reason, replaced, kept, failed, tookMs }: RestartResult): string {
  if (ok) return `restarted: ${counted(replaced, 'worker')} replaced in ${shortTime(tookMs)}`;
  const who = failed === undefined ? '' : `: worker ${failed.group}/${String(failed.workerId)} ${failed.why}`;
  const why = who === '' && reason !== undefined ? `: ${reason}` : who;
  const rest =
    outcome === undefined
      ? ''
      : `; ${String(replaced)} replaced, ${counted(kept, 'old worker')} left in place`;
  return `restart ${outcome ?? 'refused'}${why}${rest}`;
}

function reloadText({ changed, needsRestart }: ReloadResult): string {
  if (changed.length === 0 && needsRestart.length === 0) return 'reloaded; nothing has changed';
  return [
    ...(changed.length > 0 ? [`reloaded, now in force: ${changed.join(', ')}`] : ['reloaded']),
    ...(needsRestart.length > 0
      ? [`waits for the next start of the whole tree: ${needsRestart.join(', ')}`]
      : []),
  ].join('\n');
}

async function gone(pid: number, limitMs: number): Promise<void> {
  const until = systemClock.now() + limitMs;
  while (isRunning(pid)) {
    if (systemClock.now() > until)
      throw new CliError(EXIT.late, `process ${String(pid)} has not ended in time`);
    await sleep(systemClock, POLL_MS);
  }
}
