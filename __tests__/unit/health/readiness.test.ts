import { EventEmitter, errorMonitor } from 'node:events';
import fc from 'fast-check';
import { begin, next, type Readiness, type ReadinessEvent } from '../../../src/health/readiness';
import { ReadyWatch } from '../../../src/health/ready-watch';

const A = { name: 'a' };
const B = { name: 'b' };

/** `+a` asked, `!a` failed, `=a` listening, `-a` closed. */
function events(text: string): ReadinessEvent[] {
  const kinds = { '+': 'asked', '!': 'failed', '=': 'listening', '-': 'closed' } as const;
  return text.split(' ').map((word) => {
    if (word === 'run') return { kind: 'entered' };
    if (word === 'ready()') return { kind: 'called' };
    return { kind: kinds[word[0] as keyof typeof kinds], socket: word[1] === 'a' ? A : B };
  });
}

function after(mode: Readiness['mode'], text: string): boolean {
  return events(text).reduce(next, begin(mode)).isReady;
}

describe('readiness', () => {
  it.each<[string, boolean, boolean, boolean]>([
    // what happens              auto  listening explicit
    ['run', true, false, false],
    ['ready()', false, false, true],
    ['ready() run', true, false, true],
    ['run ready()', true, false, true],
    ['+a', false, false, false],
    ['=a', false, false, false],
    ['+a run', false, false, false],
    ['+a run ready()', false, false, true],
    ['+a run =a', true, true, false],
    ['+a =a run', true, true, false],
    ['+a !a run', false, false, false],
    ['+a run !a', false, false, false],
    ['+a run !a +a', false, false, false],
    ['+a run !a +a =a', true, true, false],
    // Given up, or tried on another address.
    ['+a !a run -a', true, false, false],
    ['+a !a run +b', false, false, false],
    ['+a !a run +b =b', true, true, false],
    ['+a +b run =a', false, true, false],
    ['+a +b run =a !b', true, true, false],
    ['+a +b run !b =a', true, true, false],
    ['+a +b run !b !a', false, false, false],
    ['+a run -a', true, false, false],
    // An error of a listening server does not concern listen().
    ['+a =a !a run', true, true, false],
    ['+a =a +a run', true, true, false],
    ['!a run', true, false, false],
  ])('after %s', (text, auto, listening, explicit) => {
    expect([after('auto', text), after('listening', text), after('explicit', text)]).toEqual([
      auto,
      listening,
      explicit,
    ]);
  });

  const anyEvent = fc.constantFrom(...events('run ready() +a !a =a -a +b !b =b -b'));

  it('never becomes unready, and never comes under auto while a listen() is pending', () => {
    fc.assert(
      fc.property(fc.constantFrom('auto', 'listening', 'explicit'), fc.array(anyEvent), (mode, list) => {
        let state = begin(mode);
        for (const event of list) {
          const before = state;
          state = next(before, event);
          if (before.isReady) expect(state).toBe(before);
          else if (state.isReady && mode === 'auto')
            expect([...state.listens.values()]).not.toContain('asked');
        }
      }),
    );
  });
});

describe('ReadyWatch', () => {
  function make(mode: Readiness['mode']) {
    const told: string[] = [];
    const watch = new ReadyWatch(
      mode,
      () => told.push('ready'),
      () => told.push('ignored'),
    );
    return { told, watch };
  }
  const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

  it('waits one turn after run() was called, for a listen() behind a settled promise', async () => {
    const { told, watch } = make('auto');
    watch.entered();
    const server = new EventEmitter();
    void Promise.resolve().then(() => watch.asked(server));
    await turn();
    expect(told).toEqual([]);
    server.emit('listening');
    server.emit('listening');
    expect(told).toEqual(['ready']);
  });

  it('notices a failure without adding a listener for errors', async () => {
    const { told, watch } = make('auto');
    const server = new EventEmitter();
    watch.asked(server);
    watch.asked(server);
    expect(server.listenerCount(errorMonitor)).toBe(1);
    expect(() => server.emit('error', new Error('taken'))).toThrow('taken');
    watch.entered();
    await turn();
    expect(told).toEqual([]);
    server.emit('close');
    expect(told).toEqual(['ready']);
  });

  it('warns once that a call of ready() has no effect', () => {
    const { told, watch } = make('listening');
    watch.called();
    watch.called();
    expect(told).toEqual(['ignored']);
  });

  it('becomes ready once, by the call, with explicit readiness', () => {
    const { told, watch } = make('explicit');
    watch.called();
    watch.called();
    expect(told).toEqual(['ready']);
  });
});
