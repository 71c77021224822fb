import type { EngineStatus, WorkerStatus } from 'serverengine';
import type { OpenPage } from './chromium';

interface View {
  readonly at: number;
  readonly status: EngineStatus;
}

const STEP_MS = 20_000;
const STEPS = 180;

/** Makes the page show the result of `change` instead of what the engine sends. */
export async function changeViews({ page }: OpenPage, change: (view: View) => View): Promise<void> {
  await page.exposeFunction('changeView', (text: string) => JSON.stringify(change(JSON.parse(text) as View)));
  await page.addInitScript(`{
    const Native = window.EventSource;
    window.EventSource = class extends Native {
      addEventListener(name, told) {
        super.addEventListener(name, name !== 'status' ? told : async ({ data }) => told({ data: await window.changeView(data) }));
      }
    };
  }`);
}

/** Multiplies the existing workers to `count`. */
export function withWorkers({ status, ...view }: View, group: string, count: number): View {
  const others = status.workers.filter((one) => one.group !== group);
  const own = status.workers.filter((one) => one.group === group);
  const [first] = own;
  const made = Array.from({ length: count }, (_, workerId): WorkerStatus => {
    const model = own.find((one) => one.workerId === workerId) ?? first!;
    const wave = (Math.sin(workerId * 12.9898) + 1) / 2;
    return {
      ...model,
      workerId,
      ...(model.pid !== undefined && { pid: first!.pid! + workerId }),
      ...(model.state === 'running' && {
        uptimeMs: model.uptimeMs + wave * 9e7,
        rssBytes: Math.round(60e6 + wave * 4e7),
        heapUsedBytes: 2e7,
        loopDelayMs: wave * wave * 40,
        utilization: wave,
        jobs: Math.round(wave * 1e6),
        connections: Math.round(wave * 90),
      }),
    };
  });
  const groups = status.groups.map((one) => (one.name === group ? { ...one, target: count } : one));
  return { ...view, status: { ...status, groups, workers: [...made, ...others] } };
}

/** Fills the hour that the charts show, for which no test can wait. */
export async function giveHistory({ page }: OpenPage, groups: readonly string[]): Promise<void> {
  await page.route('**/history.json*', (route) => {
    const isOfWorker = route.request().url().includes('?');
    const json = isOfWorker
      ? hour(0)
      : { groups: Object.fromEntries(groups.map((name, at) => [name, hour(at)])) };
    return route.fulfill({ json });
  });
}

function hour(seed: number): object {
  const at = Array.from({ length: STEPS }, (_, step) => Date.now() - (STEPS - 1 - step) * STEP_MS);
  const column = (look: (step: number) => number): (number | null)[] =>
    // The engine started a little later, and was away for a while.
    at.map((_, step) => (step < 10 || (step > 60 && step < 66) ? null : look(step)));
  const share = (step: number): number => 0.4 + 0.25 * Math.sin(step / 20 + seed) + 0.05 * Math.sin(step * 7);
  return {
    at,
    running: column(() => 4),
    memoryBytes: column((step) => 2.4e8 + (step % 90) * 8e5),
    loopDelayMs: column((step) => (step === 120 ? 180 : 4 + 3 * Math.sin(step * 3))),
    utilization: column(share),
    utilizationMax: column((step) => Math.min(1, share(step) + 0.15)),
  };
}
