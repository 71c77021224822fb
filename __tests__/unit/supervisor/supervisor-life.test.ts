import * as fc from 'fast-check';
import { loadConfig } from '../../../src/config/load';
import { newSupervisor, stepSupervisor } from '../../../src/supervisor/supervisor-life';
import type {
  SupervisorAction,
  SupervisorEvent,
  SupervisorLife,
} from '../../../src/supervisor/supervisor-state';

type Life = SupervisorLife<string>;
type Event = SupervisorEvent<string>;

const raw = {
  supervisor: true,
  serverRestartWait: 1,
  maxRestarts: 1,
  unrecoverableExitCodes: [7],
  daemonizeErrorExitCode: 9,
};
const context = { now: 5000, engine: loadConfig({ raw, env: {} }).engine, random: () => 0.5 };
const retrying = { ...context, engine: loadConfig({ raw: { ...raw, startRetry: true }, env: {} }).engine };

const step = (life: Life, event: Event, how = context) => stepSupervisor(life, event, how);
const play = (events: readonly Event[], how = context): Life =>
  events.reduce((life, event) => step(life, event, how).life, newSupervisor<string>());

const begin: Event = { kind: 'begin' };
const started: Event = { kind: 'started', server: 'a', hasProcess: true };
const next: Event = { kind: 'started', server: 'b', hasProcess: true };
const up: Event = { kind: 'up', server: 'a', isFollowed: true };
const letGo: Event = { kind: 'sockets_let_go', server: 'a' };
const detach: Event = { kind: 'detach', until: 9000, leaves: false };
const leaving: Event = { ...detach, leaves: true };
const end: Event = { kind: 'end', status: 0 };
const exited = (
  more: { code?: number | null; signal?: NodeJS.Signals; server?: string; isIntended?: boolean } = {},
): Event => {
  const { code = 1, signal = null, server = 'a', isIntended = false } = more;
  return { kind: 'exited', server, exit: { code, signal }, isIntended };
};
const noProcess: Event = {
  kind: 'exited',
  server: 'a',
  exit: { code: null, signal: null, spawnError: Object.assign(new Error('no process'), { code: 'EAGAIN' }) },
  isIntended: false,
};

const booting: readonly Event[] = [begin, started];
const serving: readonly Event[] = [...booting, up];
const NOT_UP = 'the server process ended with status 1 before it was up';
const FAILED: Event = { kind: 'failed', server: 'a', why: 'beforeRun() failed', isHopeless: false };
const HOPELESS: Event = { ...FAILED, isHopeless: true };
const neverUp = (why: string): SupervisorAction => ({ kind: 'give_up', because: 'never_up', why });
const closing: SupervisorAction = { kind: 'close_sockets' };
const finish = (status: number): SupervisorAction => ({ kind: 'finish', status });
const START: SupervisorAction = { kind: 'start' };

describe('stepSupervisor', () => {
  it.each<
    [string, readonly Event[], Event, SupervisorLife<string>['slot']['kind'], readonly SupervisorAction[]]
  >([
    ['begins with a server', [], begin, 'empty', [START]],
    ['begins without a server after a stop', [end], begin, 'over', []],
    ['has nothing to wait for', [], end, 'over', [closing, finish(0)]],
    ['serves', [begin], started, 'serving', []],
    ['is up', booting, up, 'serving', [{ kind: 'tell_up' }]],
    [
      'notices a worker that fails first',
      booting,
      { kind: 'trying', why: 'x' },
      'serving',
      [{ kind: 'tell_trying', why: 'x' }],
    ],
    ['ignores a failing worker once it was up', serving, { kind: 'trying', why: 'x' }, 'serving', []],
    [
      'keeps what a server reports of itself',
      booting,
      { kind: 'state', server: 'a', state: 'running' },
      'serving',
      [],
    ],
    [
      'gives up when the class cannot be constructed',
      booting,
      HOPELESS,
      'over',
      [neverUp('beforeRun() failed')],
    ],
    ['does not give up once a server was up', serving, HOPELESS, 'serving', []],
    ['remembers a failure', booting, FAILED, 'serving', []],
    ['gives up a first start', booting, exited(), 'over', [neverUp(NOT_UP), closing, finish(9)]],
    [
      'gives the reason of a failed start',
      [...booting, FAILED],
      exited(),
      'over',
      [neverUp('beforeRun() failed'), closing, finish(9)],
    ],
    [
      'retries a server that was killed from outside',
      booting,
      exited({ code: null, signal: 'SIGKILL' }),
      'waiting',
      [{ kind: 'tell_trying', why: 'the server process ended with signal SIGKILL before it was up' }],
    ],
    ['waits after a crash', serving, exited(), 'waiting', []],
    ['waits after a requested restart', serving, exited({ isIntended: true }), 'waiting', []],
    ['starts when it is due', [...serving, exited()], { kind: 'due' }, 'empty', [START]],
    ['starts at once on request', [...serving, exited()], { kind: 'restart' }, 'empty', [START]],
    [
      'gives up after too many crashes',
      [...serving, exited(), { kind: 'due' }, next],
      exited({ server: 'b' }),
      'over',
      [
        {
          kind: 'give_up',
          because: 'crash_limit',
          why: `the server process crashes too often; the last time: ${NOT_UP}`,
        },
        closing,
        finish(75),
      ],
    ],
    [
      'gives up a first start without a process',
      [begin, { ...started, hasProcess: false }, exited({ isIntended: true }), { kind: 'due' }, started],
      noProcess,
      'over',
      [neverUp('no process'), closing, finish(9)],
    ],
    ['ends with an unrecoverable status', serving, exited({ code: 7 }), 'over', [closing, finish(7)]],
    [
      'ends when the workers ended for good',
      [...serving, { kind: 'unrecoverable', server: 'a' }],
      exited({ code: 3 }),
      'over',
      [closing, finish(3)],
    ],
    ['detaches', serving, detach, 'detaching', []],
    ['starts the next server when it is due', [...serving, detach], { kind: 'due' }, 'empty', [START]],
    [
      'starts the next server when the old one has ended',
      [...serving, detach],
      exited({ code: 0 }),
      'empty',
      [START],
    ],
    ['leaves when it is due', [...serving, leaving], { kind: 'due' }, 'over', [{ kind: 'leave' }]],
    [
      'closes nothing after it has left',
      [...serving, leaving, { kind: 'due' }],
      exited({ code: 0 }),
      'over',
      [],
    ],
    [
      'keeps serving when a detached server ends',
      [...serving, detach, { kind: 'due' }, next],
      exited({ code: 0 }),
      'serving',
      [],
    ],
    ['stops', serving, end, 'over', []],
    ['closes the sockets after the last server', [...serving, end], letGo, 'over', [closing]],
    ['waits for all servers', [...serving, detach, { kind: 'due' }, next, end], letGo, 'over', []],
    ['closes nothing before the end', serving, letGo, 'serving', []],
    [
      'finishes with the first status',
      [...serving, { kind: 'end', status: 4 }, end],
      exited({ code: 0 }),
      'over',
      [closing, finish(4)],
    ],
    ['finishes once', [...serving, end, letGo], exited({ code: 0 }), 'over', [finish(0)]],
    ['ignores an unknown server', serving, exited({ server: 'x' }), 'serving', []],
    ['has nothing to detach while it waits', [...serving, exited()], detach, 'waiting', []],
  ])('%s', (_what, events, event, slot, actions) => {
    const after = step(play(events), event);
    expect(after.life.slot.kind).toBe(slot);
    expect(after.actions).toEqual(actions);
  });

  it('starts no sooner than serverRestartWait after the last start', () => {
    const life = play(serving, { ...context, now: 4800 });
    expect(step(life, exited()).life.slot).toEqual({ kind: 'waiting', until: 5800 });
    expect(step(life, exited(), { ...context, now: 60_000 }).life.slot).toEqual({
      kind: 'waiting',
      until: 60_000,
    });
  });

  it('waits longer each time the system has no process', () => {
    let life = play([begin], retrying);
    const waits: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const how = { ...retrying, now: round * 100_000 };
      life = step(life, { ...started, hasProcess: false }, how).life;
      life = step(life, noProcess, { ...how, now: how.now + 10_000 }).life;
      if (life.slot.kind === 'waiting') waits.push(life.slot.until - how.now - 10_000);
      life = step(life, { kind: 'due' }, how).life;
    }
    expect(waits).toEqual([100, 200, 400]);
  });

  it('never has two serving servers, starts none after the end, and finishes once with the first status', () => {
    const kinds = fc.constantFrom(
      'exited',
      'old_exited',
      'killed',
      'unrecoverable_exit',
      'up',
      'failed',
      'hopeless',
      'unrecoverable',
      'let_go',
      'due',
      'restart',
      'detach',
      'leave',
      'end',
    );
    fc.assert(
      fc.property(fc.array(kinds, { maxLength: 60 }), fc.boolean(), (names, startRetry) => {
        const how = startRetry ? retrying : context;
        let life: SupervisorLife<number> = newSupervisor();
        let starts = 0;
        let firstStatus: number | undefined;
        const finished: number[] = [];
        const apply = (event: SupervisorEvent<number>): void => {
          const wasOver = life.slot.kind === 'over';
          const result = stepSupervisor(life, event, how);
          life = result.life;
          if (life.slot.kind === 'over') firstStatus ??= life.slot.status;
          for (const action of result.actions) {
            if (action.kind === 'finish') finished.push(action.status);
            if (action.kind !== 'start') continue;
            expect(wasOver).toBe(false);
            expect(life.slot.kind).toBe('empty');
            starts += 1;
            apply({ kind: 'started', server: starts, hasProcess: true });
          }
        };
        const at = (name: string): SupervisorEvent<number> | undefined => {
          const { slot } = life;
          const current = slot.kind === 'serving' ? slot.server : undefined;
          const old = life.servers.find(({ server }) => server !== current)?.server;
          const server = name === 'old_exited' ? old : current;
          switch (name) {
            case 'due':
            case 'restart':
              return { kind: name };
            case 'detach':
            case 'leave':
              return { kind: 'detach', until: 1, leaves: name === 'leave' };
            case 'end':
              return { kind: 'end', status: starts };
          }
          if (server === undefined) return undefined;
          switch (name) {
            case 'killed':
              return { kind: 'exited', server, exit: { code: null, signal: 'SIGKILL' }, isIntended: false };
            case 'unrecoverable_exit':
              return { kind: 'exited', server, exit: { code: 7, signal: null }, isIntended: false };
            case 'failed':
            case 'hopeless':
              return { kind: 'failed', server, why: 'x', isHopeless: name === 'hopeless' };
            case 'up':
              return { kind: name, server, isFollowed: true };
            case 'unrecoverable':
              return { kind: name, server };
            case 'let_go':
              return { kind: 'sockets_let_go', server };
          }
          return { kind: 'exited', server, exit: { code: 1, signal: null }, isIntended: false };
        };
        apply({ kind: 'begin' });
        for (const name of names) {
          const event = at(name);
          if (event) apply(event);
          const servingNow = life.servers.filter(({ isDetached }) => !isDetached);
          // After the end they are told to stop. Before it there is one.
          if (life.slot.kind !== 'over') expect(servingNow.length).toBeLessThanOrEqual(1);
          if (life.slot.kind === 'serving') expect(servingNow).toHaveLength(1);
        }
        const hasLeft = life.isFinished && finished.length === 0;
        apply({ kind: 'end', status: 99 });
        for (const { server } of life.servers)
          apply({ kind: 'exited', server, exit: { code: 0, signal: null }, isIntended: true });
        expect(finished).toEqual(hasLeft ? [] : [firstStatus]);
        expect(life.isFinished).toBe(true);
      }),
    );
  });
});
