import type { Clock } from '../common/clock';
import { inspectEnvForChild, withoutInspect } from '../common/inspect-options';
import { CHECK_ROLE, ROLE_ENV, type CheckReport } from '../protocol/protocol';
import { startChild } from '../watch/start-child';

/** Loads the program the way a worker does. */
export interface CheckedProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly script: string;
}

/** Undefined: the program loads and its configuration is right, or the check was aborted. */
export type CheckOutcome = { readonly why: string; readonly said: string } | undefined;

// Longer than any program takes to load. If one takes longer, its workers will say what is wrong.
const LIMIT_MS = 20_000;
const MOST_SAID = 4000;

/** Loads a program in a separate process, up to the point where its engine would start. Never rejects. */
export async function checkProgram(
  { command, args, script }: CheckedProgram,
  clock: Clock,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const at = args.indexOf(script);
  const child = startChild(command, [...withoutInspect(args.slice(0, at)), ...args.slice(at)], {
    env: { ...inspectEnvForChild(process.env), [ROLE_ENV]: CHECK_ROLE },
    // What the program prints while it starts, it prints again later.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  let report: CheckReport | undefined;
  const end = { isGivenUp: false };
  const giveUp = (): void => {
    end.isGivenUp = true;
    child.kill('SIGKILL');
  };
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-MOST_SAID);
  });
  child.on('message', (message) => {
    if (Reflect.get(Object(message), 'type') === 'serverengine_config') report = message as CheckReport;
    // It has nothing more to do, but may keep running.
    if (report) child.kill('SIGKILL');
  });
  const timer = clock.after(LIMIT_MS, giveUp);
  signal.addEventListener('abort', giveUp, { once: true });
  const status = await new Promise<number | undefined>((resolve) => {
    child.once('close', (code) => resolve(code ?? undefined));
    // A process that was not started never emits 'close'.
    child.once('error', () => {
      giveUp();
      resolve(undefined);
    });
  });
  timer.cancel();
  if (report) return report.problems.length === 0 ? undefined : { why: report.problems.join('\n'), said: '' };
  return end.isGivenUp
    ? undefined
    : { why: `it ended with status ${String(status)} before its engine ran`, said };
}
