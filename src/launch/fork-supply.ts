import type { ChildProcess } from 'node:child_process';
import type { ClockTimer } from '../common/clock';
import { Deferred } from '../common/deferred';
import type { EngineConfig } from '../config/engine-config';
import { AdoptedChildren } from '../forking/adopted-children';
import {
  isAwaited,
  mayStart,
  nextForkState,
  NOT_FORKED_YET,
  startInUse,
  templateStatus,
  type ForkEvent,
  type ForkState,
} from '../forking/fork-state';
import { ForkedChildren } from '../forking/forked-children';
import { loadNative } from '../forking/native';
import { canBeChild } from '../node-internals/forked-child';
import type { StartStatus } from '../pool/worker-handle';
import { templateRole, ROLE_ENV, type PrepareMessage } from '../protocol/protocol';
import type { NodePipes, NodeSpawn } from '../watch/process-manager';
import { flagsBefore, forkArgs, ownForkArgs, whyNotTemplate } from './fork-flags';
import { logPhase } from './fork-log';
import { planForked } from './process-diagnosis';
import { Template, type TemplateDeps } from './template';
import { monitorSettings } from './worker-messages';
import { templateTitle, workerTitle } from './worker-privileges';

export interface ForkSupplyDeps extends Pick<
  TemplateDeps,
  'processes' | 'sink' | 'logger' | 'clock' | 'group'
> {
  readonly engine: () => EngineConfig;
  readonly entry: { readonly script: string; readonly engineIndex: number };
  /** Called with each new state of the template. */
  readonly onChange: (status: StartStatus) => void;
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

/** What it takes to fork in this process. */
type Means = Pick<TemplateDeps, 'native' | 'children' | 'adopted'>;

/**
 * Provides the forked workers of one group, from at most one template at a time. The pure function nextForkState()
 * decides; this class acts. Runs in the server process.
 */
export class ForkSupply {
  readonly #deps: ForkSupplyDeps;
  #state: ForkState = NOT_FORKED_YET;
  #template: Template | undefined;
  #shape: WorkerShape | undefined;
  #key = '';
  /** Undefined: this process cannot fork. */
  #means: Means | undefined;
  #isProved = false;
  #isClosed = false;
  /** Resolves with the next change of the phase. */
  #change = new Deferred<undefined>();
  #retry: ClockTimer | undefined;

  constructor(deps: ForkSupplyDeps) {
    this.#deps = deps;
    const loading = loadNative();
    const why = 'native' in loading ? whyNotHere() : loading.reason;
    if (why !== undefined) this.#take({ kind: 'impossible', why });
    else if ('native' in loading) {
      const { native } = loading;
      const adopted = new AdoptedChildren({ native, clock: deps.clock });
      this.#means = { native, children: new ForkedChildren(native), adopted };
    }
  }

  status(): StartStatus {
    return {
      startInUse: startInUse(this.#state),
      template: templateStatus(this.#state, this.#deps.clock.now()),
    };
  }

  /** Whether the next worker is forked, for callers that cannot wait until the program is loaded. */
  isReady(shape: WorkerShape): boolean {
    this.#provide(shape);
    return this.#ready !== undefined;
  }

  /** The same, once it is known. shape: what a worker would be spawned with at that time. */
  async isLoaded(shape: () => WorkerShape): Promise<boolean> {
    this.#provide(shape());
    // A restart may meanwhile end the template that is waited for.
    while (isAwaited(this.#state)) {
      await this.#change.wait();
      this.#provide(shape());
    }
    return this.#ready !== undefined;
  }

  /** Whether the next worker is forked: the template has loaded the program, and answers. */
  async answers(shape: () => WorkerShape): Promise<boolean> {
    return (await this.isLoaded(shape)) && ((await this.#ready?.answers()) ?? false);
  }

  /** Forks a worker. Undefined: spawn it. */
  async fork(pipes: NodePipes): Promise<ChildProcess | undefined> {
    const child = await this.#ready?.fork(pipes);
    return child && this.#watch(child);
  }

  get #ready(): Template | undefined {
    return this.#state.phase.kind === 'ready' ? this.#template : undefined;
  }

  #watch(child: ChildProcess): ChildProcess {
    const { clock } = this.#deps;
    const startedAt = clock.now();
    this.#take({ kind: 'forked' });
    child.once('exit', (code, signal) => {
      this.#take({ kind: 'died', exit: { code, signal }, ageMs: clock.now() - startedAt });
    });
    return child;
  }

  /** The program may have changed: it is loaded again. */
  renew(): void {
    this.#take({ kind: 'renewed' });
  }

  close(): void {
    this.#isClosed = true;
    this.#take({ kind: 'renewed' });
  }

  /** Starts a template if there is none and one is allowed. */
  #provide(shape: WorkerShape): void {
    const key = JSON.stringify([shape.spawn.args, shape.spawn.env, shape.spawn.hasWatchdog]);
    // The flags of workers may have changed by a reload.
    if (this.#key !== '' && key !== this.#key) this.renew();
    this.#shape = shape;
    this.#key = key;
    if (this.#template || this.#isClosed || !this.#means) return;
    if (!mayStart(this.#state, this.#deps.clock.now())) return;
    const why = whyNotTemplate(flagsBefore(shape.spawn.args, this.#deps.entry.script), shape.spawn.env);
    if (why !== undefined) {
      this.#take({ kind: 'refused', why });
      return;
    }
    try {
      const template = this.#start(shape, this.#means);
      this.#template = template;
      this.#take({ kind: 'started', pid: template.pid });
    } catch (error) {
      this.#take({ kind: 'lost', how: error instanceof Error ? error.message : String(error) });
    }
  }

  #start({ spawn, prepare }: WorkerShape, means: Means): Template {
    const { engine, entry } = this.#deps;
    const [own, ofWorkers] = [templateTitle(engine()), workerTitle(engine(), 'standby')];
    const template: Template = new Template({
      ...this.#deps,
      ...means,
      settings: () => monitorSettings(engine()),
      readyTimeoutMs: engine().workerReadyTimeoutMs,
      spawn: {
        ...spawn,
        args: forkArgs(spawn.args),
        env: { ...spawn.env, [ROLE_ENV]: templateRole(entry.engineIndex) },
        hasBoard: false,
        title: own,
      },
      titles: own === undefined || ofWorkers === undefined ? undefined : { own, ofWorkers },
      prepare,
      plan: planForked(engine().hangDiagnosis),
      preload: engine().preload ?? [],
      proves: !this.#isProved,
      onEvent: (event) => {
        if (this.#template === template) this.#take(event);
      },
    });
    return template;
  }

  /** The only method that changes the state. */
  #take(event: ForkEvent): void {
    const before = this.#state;
    this.#state = nextForkState(before, event, this.#deps.clock.now());
    const { phase } = this.#state;
    if (phase === before.phase) return;
    if (phase.kind === 'ready') this.#isProved = true;
    else if (phase.kind !== 'loading') this.#endTemplate();
    this.#retryAt(phase.kind === 'lost' ? phase.retryAt : undefined);
    logPhase(this.#deps, before.phase, phase);
    this.#deps.onChange(this.status());
    const changed = this.#change;
    this.#change = new Deferred();
    changed.settle(undefined);
  }

  #endTemplate(): void {
    this.#template?.end();
    this.#template = undefined;
  }

  #retryAt(at: number | undefined): void {
    this.#retry?.cancel();
    const { clock } = this.#deps;
    this.#retry =
      at === undefined
        ? undefined
        : clock.after(
            Math.max(0, at - clock.now()),
            () => {
              if (this.#shape) this.#provide(this.#shape);
            },
            { unref: true },
          );
  }
}

function whyNotHere(): string | undefined {
  const why = whyNotTemplate(process.execArgv, process.env);
  return why ?? (canBeChild() ? undefined : 'this version of Node takes no forked process for a child');
}
