import { requireGroup, requireWorkers } from '../commands/check-command';
import type { ProgramMetrics } from '../commands/program-metrics';
import { ConfigError, ServerEngineError } from '../common/errors';
import type { BroadcastResult, RestartResult, ScaleResult } from '../contract/results';
import type { BroadcastOptions, WorkerView } from '../contract/server-control';
import { encodeBody } from '../messages/message-body';
import type { PoolEnd, PoolStatus, WorkerPool } from '../pool/pool';
import type { Autoscaling } from './autoscaling';
import { broadcastOfAll } from './broadcast-results';
import { restartOfAll } from './restart-results';

export interface PoolsDeps {
  /** The names of the groups, in the order of their pools. */
  readonly groups: readonly string[];
  /** How many workers a group starts with. */
  readonly workers: (group: string) => number;
  /** Why no restart is possible any more, if so. */
  readonly whyNoRestart: () => string | undefined;
  readonly autoscaling: Pick<Autoscaling, 'look' | 'refusal' | 'end'>;
}

interface PendingRestart {
  readonly graceful: boolean;
  readonly result: Promise<RestartResult>;
}

const NOTHING_TO_RESTART: RestartResult = { ok: true, outcome: 'held', replaced: 0, kept: 0, tookMs: 0 };

/** All groups of workers of a server. They exist only after beforeRun(); a command before that applies to the start. */
export class Pools {
  readonly #deps: PoolsDeps;
  #pools: readonly WorkerPool[] = [];
  /** What scale() was called with before there were pools. */
  readonly #early = new Map<string, number>();
  /** Restarts that are about to begin, by the group that they name. */
  readonly #pending = new Map<string | undefined, PendingRestart>();

  constructor(deps: PoolsDeps) {
    this.#deps = deps;
  }

  /** Sets the pools, in the order of the groups. Called once. */
  take(pools: readonly WorkerPool[]): void {
    this.#pools = pools;
    for (const [group, workers] of this.#early) this.#pool(group)?.scale(workers);
  }

  get exist(): boolean {
    return this.#pools.length > 0;
  }

  start(): void {
    for (const pool of this.#pools) pool.start();
    this.#deps.autoscaling.look(this.#byName());
  }

  /** Resolves when each group that should have workers has one that is up. Called once the pools exist. */
  async allUp(): Promise<void> {
    await Promise.all(this.#pools.filter(({ target }) => target > 0).map(({ up }) => up));
  }

  /** Resolves when all pools have ended, with the reason of the first one that gave up. Called once the pools exist. */
  async allEnded(): Promise<PoolEnd> {
    const ends = await Promise.all(this.#pools.map(({ ended }) => ended));
    return ends.find(({ kind }) => kind !== 'stopped') ?? ends[0] ?? { kind: 'stopped' };
  }

  stop(graceful: boolean, isAwaited: boolean): void {
    this.#deps.autoscaling.end();
    for (const pool of this.#pools) pool.stop(graceful, isAwaited);
  }

  /**
   * All requests of one turn of the event loop, such as those that waited for the same configuration, get one restart.
   * It is immediate if any of them was.
   * @throws ConfigError when there is no such group.
   */
  restart(graceful: boolean, group?: string): Promise<RestartResult> {
    this.requireGroup('restart', group);
    const pending = this.#pending.get(group);
    const result = pending?.result ?? this.#nextTurn(group);
    this.#pending.set(group, { graceful: graceful && (pending?.graceful ?? true), result });
    return result;
  }

  /** @throws ConfigError when there is no such group. */
  requireGroup(method: string, group: string | undefined): void {
    requireGroup(method, group, this.#deps.groups);
  }

  reload(): void {
    for (const pool of this.#pools) pool.reload();
    this.#deps.autoscaling.look(this.#byName());
  }

  /** @throws ConfigError when the number or the group is invalid. */
  scale(workers: number, group?: string): ScaleResult {
    requireWorkers(workers);
    const name = this.#only(group);
    const pool = this.#pool(name);
    const from = this.#targetOf(name);
    const reason = this.#deps.autoscaling.refusal(name, workers);
    if (reason !== undefined) return { ok: false, reason, from, to: from };
    if (pool) return pool.scale(workers);
    this.#early.set(name, workers);
    return { ok: true, from, to: workers };
  }

  /** Keeps at least one worker. @throws ConfigError when there is no such group. */
  scaleBy(by: number, group?: string): ScaleResult {
    return this.scale(Math.max(1, this.#targetOf(this.#only(group)) + by), group);
  }

  /** Returns whether there is anything to dump. @throws ConfigError when there is no such group. */
  dump(worker?: number, group?: string): boolean {
    this.requireGroup('dump', group);
    const pools = this.#pools.filter((_, index) => group === undefined || this.#deps.groups[index] === group);
    return pools.map((pool) => pool.dump(worker)).includes(true);
  }

  views(): readonly WorkerView[] {
    return this.#pools.flatMap((pool) => pool.views());
  }

  /**
   * Sends a message to every living worker that takes messages. Never rejects.
   * @throws ConfigError when there is no such group; ServerEngineError when the message cannot be sent.
   */
  broadcast(message: unknown, { group }: BroadcastOptions = {}): Promise<BroadcastResult> {
    this.requireGroup('broadcast', group);
    const pools = this.#pools.filter((_, index) => group === undefined || this.#deps.groups[index] === group);
    const why = pools.map(({ whyNoMessages }) => whyNoMessages);
    const [whyNone] = why;
    if (whyNone !== undefined && !why.includes(undefined))
      throw new ServerEngineError('ERR_MESSAGE', `broadcast() reaches nobody: ${whyNone}.`);
    const body = encodeBody(message);
    const hearing = pools.filter(({ whyNoMessages }) => whyNoMessages === undefined);
    return broadcastOfAll(hearing.map((pool) => pool.broadcast(body)));
  }

  status(): readonly PoolStatus[] {
    return this.#pools.map((pool) => pool.status());
  }

  async metrics(): Promise<readonly ProgramMetrics[]> {
    return (await Promise.all(this.#pools.map((pool) => pool.metrics()))).flat();
  }

  #nextTurn(group: string | undefined): Promise<RestartResult> {
    return new Promise((resolve) => {
      setImmediate(() => {
        const graceful = this.#pending.get(group)?.graceful ?? true;
        this.#pending.delete(group);
        const reason = this.#deps.whyNoRestart();
        const pool = group === undefined ? undefined : this.#pool(group);
        const pools = pool ? [pool] : this.#pools;
        if (reason !== undefined) resolve({ ...NOTHING_TO_RESTART, ok: false, outcome: undefined, reason });
        else if (pools.length === 0) resolve(NOTHING_TO_RESTART);
        else
          void Promise.all(pools.map((one) => one.restart(graceful))).then((all) =>
            resolve(restartOfAll(all)),
          );
      });
    });
  }

  #targetOf(group: string): number {
    return this.#pool(group)?.target ?? this.#early.get(group) ?? this.#deps.workers(group);
  }

  #byName(): ReadonlyMap<string, WorkerPool> {
    return new Map(this.#pools.map((pool, index) => [this.#deps.groups[index] ?? '', pool]));
  }

  #pool(group: string): WorkerPool | undefined {
    return this.#pools[this.#deps.groups.indexOf(group)];
  }

  /** The group that the call means. */
  #only(group: string | undefined): string {
    const { groups } = this.#deps;
    this.requireGroup('scale', group);
    const [first] = groups;
    if (group !== undefined) return group;
    if (first !== undefined && groups.length === 1) return first;
    throw new ConfigError(
      'ERR_CONFIG_INVALID',
      `scale(): say which group. The groups are: ${groups.join(', ')}.`,
    );
  }
}
