import type { ChildProcess } from 'node:child_process';
import type { EngineConfig } from '../config/engine-config';
import { ForkedChildren } from '../forking/forked-children';
import {
  isAwaited,
  mayFork,
  nextTrust,
  TRUSTED,
  type ForkTrust,
  type TrustEvent,
} from '../forking/fork-trust';
import { loadNative, type NativeForks } from '../forking/native';
import { templateRole, ROLE_ENV, type PrepareMessage } from '../protocol/protocol';
import type { NodeSpawn, NodeStart } from '../watch/process-manager';
import { startChild } from '../watch/start-child';
import { forkArgs, ownForkArgs, whyNotTemplate } from './fork-flags';
import { Template, type TemplateDeps } from './template';
import { monitorSettings } from './worker-messages';

export interface ForkSupplyDeps extends Pick<
  TemplateDeps,
  'processes' | 'sink' | 'logger' | 'clock' | 'group'
> {
  readonly engine: () => EngineConfig;
  readonly entry: { readonly script: string; readonly engineIndex: number };
}

/** What a launcher needs to fork. */
export interface Forking {
  readonly forks: ForkSupply;
  /** Node arguments for forked workers only. */
  readonly forkArgs: readonly string[];
}

export function supplyForks(deps: ForkSupplyDeps): Forking {
  return { forks: new ForkSupply(deps), forkArgs: ownForkArgs() };
}

/** What a worker would be spawned with; its template is started with the same. */
export interface WorkerShape {
  readonly spawn: NodeSpawn;
  readonly prepare: PrepareMessage;
}

/** Provides the forked workers of one group, from at most one template at a time. Runs in the server process. */
export class ForkSupply {
  readonly #deps: ForkSupplyDeps;
  #trust: ForkTrust = TRUSTED;
  #template: Template | undefined;
  #key = '';
  #native: NativeForks | undefined;
  #children: ForkedChildren | undefined;
  #isProved = false;
  #isClosed = false;
  readonly #forked = new WeakSet<ChildProcess>();

  constructor(deps: ForkSupplyDeps) {
    this.#deps = deps;
    const loading = loadNative();
    const reason = 'native' in loading ? whyNotTemplate(process.execArgv, process.env) : loading.reason;
    if (reason === undefined && 'native' in loading) {
      this.#native = loading.native;
      this.#children = new ForkedChildren(loading.native);
    } else this.#refuse(reason);
  }

  isForked(child: ChildProcess): boolean {
    return this.#forked.has(child);
  }

  /** How to start the next worker, once that is known. Undefined: spawn it. */
  async next(shape: WorkerShape): Promise<NodeStart | undefined> {
    this.#provide(shape);
    let awaited: Template | undefined;
    // A restart may meanwhile end the template that is waited for.
    while (isAwaited(this.#trust) && this.#template?.isReady === false && this.#template !== awaited) {
      awaited = this.#template;
      await awaited.ready;
      this.#provide(shape);
    }
    const template = this.#template;
    return template?.isReady && (await template.answers()) ? this.#fromTemplate() : undefined;
  }

  /** The same, for callers that cannot wait. */
  now(shape: WorkerShape): NodeStart | undefined {
    this.#provide(shape);
    return this.#template?.isReady && this.#template.answersNow() ? this.#fromTemplate() : undefined;
  }

  #fromTemplate(): NodeStart | undefined {
    const template = this.#template;
    if (!template?.isReady) return undefined;
    return (command, args, options) => {
      const startedAt = this.#deps.clock.now();
      const child = template.fork(command, options);
      // If the template is gone, the worker is spawned instead.
      if (!child) return startChild(command, args, options);
      this.#note({ kind: 'forked' });
      this.#forked.add(child);
      child.once('exit', (code, signal) => {
        const ageMs = this.#deps.clock.now() - startedAt;
        this.#onDeath({ kind: 'died', exit: { code, signal }, ageMs });
      });
      return child;
    };
  }

  /** The program may have changed: it is loaded again. */
  renew(): void {
    this.#template?.end();
    this.#template = undefined;
    this.#note({ kind: 'renewed' });
  }

  close(): void {
    this.#isClosed = true;
    this.#template?.end();
    this.#template = undefined;
  }

  /** Starts a template if there is none and one is allowed. */
  #provide(shape: WorkerShape): void {
    const key = JSON.stringify([shape.spawn.args, shape.spawn.env, shape.spawn.hasWatchdog]);
    if (this.#template && key !== this.#key) this.renew();
    if (this.#template || this.#isClosed || !this.#native || !this.#children) return;
    if (!mayFork(this.#trust, this.#deps.clock.now())) return;
    this.#key = key;
    try {
      this.#template = this.#start(shape, this.#native, this.#children);
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error));
    }
  }

  #start({ spawn, prepare }: WorkerShape, native: NativeForks, children: ForkedChildren): Template {
    const { engine, entry } = this.#deps;
    const template: Template = new Template({
      ...this.#deps,
      native,
      children,
      settings: () => monitorSettings(engine()),
      readyTimeoutMs: engine().workerReadyTimeoutMs,
      spawn: {
        ...spawn,
        args: forkArgs(spawn.args, entry.script),
        env: { ...spawn.env, [ROLE_ENV]: templateRole(entry.engineIndex) },
        hasBoard: false,
      },
      prepare,
      preload: engine().preload ?? [],
      proves: !this.#isProved,
      onGone: (how) => this.#gone(template, how),
    });
    void template.ready.then((failure) => {
      if (failure === undefined) this.#isProved = true;
      else if (this.#template !== template) return;
      else if (failure.isLasting) {
        this.#template = undefined;
        this.#refuse(failure.reason);
      } else this.#gone(template, failure.reason);
    });
    return template;
  }

  #gone(template: Template, how: string): void {
    const { logger, clock } = this.#deps;
    if (this.#template === template) this.#template = undefined;
    this.#note({ kind: 'gone' });
    logger.warn(
      'the process that workers are forked from is gone: until there is another one, they are spawned',
      {
        ...this.#fields,
        template: template.pid,
        how,
        retryMs: Math.round(this.#trust.notBefore - clock.now()),
      },
    );
  }

  #refuse(reason: string | undefined): void {
    this.#note({ kind: 'refused' });
    this.#deps.logger.warn("workers are spawned, not forked as workerStart 'fork' asks", {
      ...this.#fields,
      reason,
    });
  }

  #onDeath(event: TrustEvent): void {
    const before = this.#trust.kind;
    this.#note(event);
    if (this.#trust.kind !== 'off' || before === 'off') return;
    this.#template?.end();
    this.#template = undefined;
    this.#deps.logger.error(
      'forked workers crash soon after their start, in a way that programs do not: from now on workers are spawned',
      { ...this.#fields, deaths: this.#trust.earlyDeaths },
    );
  }

  #note(event: TrustEvent): void {
    this.#trust = nextTrust(this.#trust, event, this.#deps.clock.now());
  }

  get #fields(): { readonly group?: string } {
    const { group } = this.#deps;
    return group === undefined ? {} : { group };
  }
}
