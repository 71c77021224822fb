import type { DeathRecord, EngineStatus, GroupStatus, StandbyStatus, WorkerStatus } from '../contract/status';
import type { Cell, Column } from './table';
import { table } from './table';
import type { Color, Paint } from './screen';
import { counted, shortShare, shortSize, shortTime } from './units';

const STATE_COLORS: Readonly<Record<string, Color>> = {
  running: 'green',
  starting: 'yellow',
  waiting: 'yellow',
  preparing: 'yellow',
  draining: 'cyan',
  stopping: 'cyan',
  standby: 'dim',
  over: 'red',
  finished: 'red',
};

const COLUMNS: readonly Column[] = [
  { title: 'WORKER' },
  { title: 'PID', isRight: true },
  { title: 'STATE' },
  { title: 'UP', isRight: true },
  { title: 'RESTARTS', isRight: true },
  { title: 'MEMORY', isRight: true },
  { title: 'HEAP', isRight: true },
  { title: 'DELAY', isRight: true },
  { title: 'BUSY', isRight: true },
  { title: 'JOBS', isRight: true },
  { title: 'CONNS', isRight: true },
  { title: 'LAST END' },
];

export interface ViewOptions {
  readonly paint: Paint;
  /** Wall time, milliseconds since 1970. */
  readonly now: number;
  readonly width?: number;
}

/** The whole engine, for people. */
export function statusLines(status: EngineStatus, options: ViewOptions): readonly string[] {
  const { paint } = options;
  return [
    headline(status, options),
    ...(status.sockets.length > 0 ? [`${paint('dim', 'listening on')} ${status.sockets.join(', ')}`] : []),
    ...rolloutLine(status),
    ...workerLines(status, options),
    ...templateLines(status, options),
  ];
}

export function headline(status: EngineStatus, { paint, now }: ViewOptions): string {
  const { version, role, pid, state, uptimeMs, reloadedAt } = status;
  const reloaded = reloadedAt === undefined ? [] : [`reloaded ${shortTime(now - reloadedAt)} ago`];
  return [
    paint('bold', `serverengine ${version}`),
    `${role} ${String(pid)}`,
    paint(STATE_COLORS[state] ?? 'dim', state),
    `up ${shortTime(uptimeMs)}`,
    ...reloaded,
  ].join('  ');
}

function rolloutLine({ rollout }: EngineStatus): readonly string[] {
  if (!rollout) return [];
  return [`restarting ${rollout.group}: ${String(rollout.replaced)} replaced, ${String(rollout.left)} left`];
}

/** A row for each worker, including those in reserve. */
export function workerLines(status: EngineStatus, options: ViewOptions): readonly string[] {
  const { groups, workers, standby, state } = status;
  if (workers.length === 0 && standby.length === 0) {
    return [state === 'preparing' ? 'no workers yet: beforeRun() is still running' : noWorkers(status)];
  }
  const targets = groups.map(({ name, type, target }) => `${name}: ${counted(target, `${type} worker`)}`);
  const rows = [
    ...workers.map((worker) => rowOf(worker, options)),
    ...standby.map((worker) => standbyRow(worker)),
  ];
  return [targets.join(', '), ...table(COLUMNS, rows, options.paint, options.width)];
}

/** From what the workers of each group are forked, or why they are spawned instead. */
export function templateLines({ groups }: EngineStatus, options: ViewOptions): readonly string[] {
  return groups.flatMap((group) => templateLine(group, options));
}

function templateLine({ name, template }: GroupStatus, { paint }: ViewOptions): readonly string[] {
  if (!template) return [];
  const { state, pid, uptimeMs, reason, retryMs } = template;
  const process = pid === undefined ? '' : ` ${String(pid)}`;
  if (reason === undefined) {
    const up = state === 'ready' ? `, up ${shortTime(uptimeMs)}` : '';
    return [
      `${name}: forked from template${process}, ${paint(state === 'ready' ? 'green' : 'yellow', state)}${up}`,
    ];
  }
  let next = '';
  if (retryMs !== undefined) next = `; next template in ${shortTime(retryMs)}`;
  else if (pid !== undefined) next = `; template${process} is loading`;
  return [`${name}: ${paint('yellow', 'spawned, not forked')}: ${reason}${next}`];
}

function noWorkers({ role }: EngineStatus): string {
  return role === 'supervisor'
    ? 'no workers: the server process does not run, or does not answer'
    : 'no workers';
}

function rowOf(worker: WorkerStatus, options: ViewOptions): readonly (Cell | undefined)[] {
  const { group, workerId, pid, state, uptimeMs, restarts, lastExit } = worker;
  return [
    { text: `${group}/${String(workerId)}` },
    pidCell(pid),
    { text: state, color: STATE_COLORS[state] },
    pid === undefined ? undefined : { text: shortTime(uptimeMs) },
    { text: String(restarts), color: restarts > 0 ? 'yellow' : undefined },
    ...figuresOf(worker),
    lastExit && endCell(lastExit, options.now),
  ];
}

function standbyRow(worker: StandbyStatus): readonly (Cell | undefined)[] {
  const { group, pid, state, uptimeMs } = worker;
  return [
    { text: `${group}/-` },
    pidCell(pid),
    { text: state, color: 'dim' },
    { text: shortTime(uptimeMs) },
    undefined,
    ...figuresOf(worker),
  ];
}

function pidCell(pid: number | undefined): Cell {
  return { text: pid === undefined ? '-' : String(pid) };
}

const SLOW_MS = 100;
const BUSY = 0.9;

function figuresOf(worker: WorkerStatus | StandbyStatus): readonly (Cell | undefined)[] {
  const { rssBytes, heapUsedBytes, loopDelayMs, utilization, jobs, connections } = worker;
  return [
    rssBytes === undefined ? undefined : { text: shortSize(rssBytes) },
    heapUsedBytes === undefined ? undefined : { text: shortSize(heapUsedBytes) },
    loopDelayMs === undefined
      ? undefined
      : {
          text: `${String(Math.round(loopDelayMs))}ms`,
          color: loopDelayMs >= SLOW_MS ? 'yellow' : undefined,
        },
    utilization === undefined
      ? undefined
      : { text: shortShare(utilization), color: utilization >= BUSY ? 'yellow' : undefined },
    jobs === undefined ? undefined : { text: String(jobs) },
    connections === undefined ? undefined : { text: String(connections) },
  ];
}

function endCell(death: DeathRecord, now: number): Cell {
  const isFault = death.reason === 'crash' || death.reason === 'oom' || death.hang !== undefined;
  return { text: `${endOf(death)} ${shortTime(now - death.at)} ago`, color: isFault ? 'red' : 'dim' };
}

/** `crash (SIGKILL)`, `restart`, `crash (status 1)`. */
export function endOf({ reason, code, signal, pid }: DeathRecord): string {
  const how = signal ?? (code === null || code === 0 ? undefined : `status ${String(code)}`);
  const why = reason ?? (pid === undefined ? 'not started' : 'returned');
  return how === undefined ? why : `${why} (${how})`;
}
