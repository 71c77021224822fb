// Performs the actions of an episode on time, and undoes what it has broken.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** A restart starts a template soon, if it starts one. */
const NEW_TEMPLATE_MS = 4000;
const LOOK_MS = 2;
/** So that forks go on for a while. */
const MANY_WORKERS = 6;

/** Resolves after the last action. `mendAll` undoes what is still broken. */
export class Performer {
  #engine;
  #pending = new Set();
  #menders = new Set();
  #answers = [];
  #restartedAt = 0;
  /** The number of freezes that hold each process. */
  #frozen = new Map();

  constructor(engine) {
    this.#engine = engine;
  }

  /** Notes the time of each action for the report. */
  async perform(actions) {
    const startedAt = performance.now();
    for (const action of actions) {
      await sleep(Math.max(0, startedAt + action.at - performance.now()));
      this.#do(action);
    }
    await Promise.all(this.#pending);
  }

  /** When the last graceful restart was requested, or 0. */
  get restartedAt() {
    return this.#restartedAt;
  }

  /** The answers of engine methods, undefined where none came. */
  get answers() {
    return this.#answers;
  }

  mendAll() {
    for (const mend of this.#menders) mend();
    this.#engine.folder.setRelease(false);
    this.#engine.folder.freeDisk();
    this.#engine.folder.dropOrders();
    this.#engine.folder.setConfig({});
    this.#engine.resumeAll();
  }

  #do(action) {
    if (isRestart(action)) this.#restartedAt = Date.now();
    switch (action.do) {
      case 'signal':
        for (const pid of this.#targets(action)) this.#signal(pid, action.name);
        return;
      case 'storm':
        this.#await(this.#storm(action));
        return;
      case 'freeze':
        this.#freeze(action);
        return;
      case 'harmTemplate':
        this.#await(this.#harmTemplate(action));
        return;
      case 'flicker':
        this.#await(this.#flicker(action));
        return;
      case 'order':
        this.#engine.folder.order(action.worker, action.order);
        return;
      case 'call':
        this.#await(this.#call(action));
        return;
      case 'config':
        this.#engine.folder.setConfig(action.set);
        this.#engine.tellMain(action.then);
        this.#mendLater(action.mendedMs, () => {
          this.#engine.folder.setConfig({});
          this.#engine.tellMain('SIGUSR2');
        });
        return;
      case 'release':
        this.#engine.folder.setRelease(true);
        this.#engine.tellMain(action.then);
        this.#mendLater(action.mendedMs, () => this.#engine.folder.setRelease(false));
        return;
      case 'moveLog':
        this.#engine.folder.moveLog();
        if (action.then) this.#engine.tellMain(action.then);
        return;
      case 'fillDisk':
        this.#engine.folder.fillDisk();
        this.#mendLater(action.mendedMs, () => this.#engine.folder.freeDisk());
        return;
      default:
        throw new Error(`no such action: ${JSON.stringify(action)}`);
    }
  }

  #targets({ to, pick }) {
    if (to === 'all') return this.#engine.members().map(({ pid }) => pid);
    if (to === 'main') return [this.#engine.mainPid].filter((pid) => pid !== undefined);
    const pids = this.#engine.pidsOf(to);
    return pick === 'all' || pids.length === 0 ? pids : [pids[Math.floor(pick * pids.length)]];
  }

  async #storm({ names, gapMs }) {
    for (const name of names) {
      this.#engine.tellMain(name);
      if (gapMs > 0) await sleep(gapMs);
    }
  }

  #freeze(action) {
    this.#freezePids(this.#targets(action), action.ms);
  }

  #freezePids(pids, ms) {
    for (const pid of pids) {
      this.#frozen.set(pid, (this.#frozen.get(pid) ?? 0) + 1);
      this.#engine.signal(pid, 'SIGSTOP');
    }
    this.#mendLater(ms, () => {
      for (const pid of pids) this.#thaw(pid);
    });
  }

  async #harmTemplate({ during, isNew, afterMs, name, ms }) {
    const known = new Set(isNew ? this.#engine.templates() : []);
    this.#start(during);
    const deadline = performance.now() + NEW_TEMPLATE_MS;
    let pids = [];
    while (pids.length === 0 && performance.now() < deadline) {
      await sleep(LOOK_MS);
      pids = this.#engine.templates().filter((pid) => !known.has(pid));
    }
    await sleep(afterMs);
    if (name === 'SIGSTOP') this.#freezePids(pids, ms);
    else for (const pid of pids) this.#engine.signal(pid, name);
  }

  async #flicker({ during, times, stopMs, gapMs }) {
    this.#start(during);
    for (let time = 0; time < times; time += 1) {
      const stopped = this.#engine.templates().filter((pid) => !this.#frozen.get(pid));
      for (const pid of stopped) this.#engine.signal(pid, 'SIGSTOP');
      await sleep(stopMs);
      for (const pid of stopped) if (!this.#frozen.get(pid)) this.#engine.signal(pid, 'SIGCONT');
      await sleep(gapMs);
    }
  }

  /** What makes the engine fork workers. */
  #start(what) {
    if (what === 'more workers')
      for (const { name } of this.#engine.folder.shape.groups.filter(({ type }) => type === 'process'))
        this.#await(this.#call({ method: 'scale', args: [MANY_WORKERS, { group: name }] }));
    else if (what === 'kill of all workers')
      for (const pid of this.#engine.pidsOf('worker')) this.#engine.signal(pid, 'SIGKILL');
    else if (what !== 'nothing') this.#engine.tellMain(what);
  }

  /** A process that was frozen twice continues after the second thaw. */
  #thaw(pid) {
    const left = this.#frozen.get(pid) - 1;
    this.#frozen.set(pid, left);
    if (left === 0) this.#engine.signal(pid, 'SIGCONT');
  }

  /** The signal for a dump would resume a frozen process. */
  #signal(pid, name) {
    if (name !== 'SIGCONT' || !this.#frozen.get(pid)) this.#engine.signal(pid, name);
  }

  async #call({ method, args }) {
    const answer = await this.#engine.ask(method, args);
    this.#answers.push({ method, answer });
  }

  #mendLater(ms, mend) {
    let isDone = false;
    const once = () => {
      if (!isDone) mend();
      isDone = true;
      this.#menders.delete(once);
    };
    this.#menders.add(once);
    this.#await(sleep(ms).then(once));
  }

  #await(promise) {
    const tracked = promise.finally(() => this.#pending.delete(tracked));
    this.#pending.add(tracked);
  }
}

function isRestart({ do: what, to, name, method, during }) {
  return (
    during === 'SIGUSR1' ||
    (what === 'signal' && to === 'main' && name === 'SIGUSR1') ||
    (what === 'call' && method === 'restart')
  );
}
