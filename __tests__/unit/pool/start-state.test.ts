import { stepStart, type StartEvent, type StartState } from '../../../src/pool/start-state';

const tried = (...failed: [number, number][]): StartState => ({ kind: 'undecided', failed: new Map(failed) });
const isUp: StartEvent = { kind: 'up' };
const failed = (workerId: number, needed: number): StartEvent => ({ kind: 'failed', workerId, needed });

describe('stepStart', () => {
  it.each<[StartState, StartEvent, StartState]>([
    [tried([1, 1]), isUp, { kind: 'up' }],
    [tried(), failed(0, 1), tried([0, 1])],
    [tried([0, 1]), failed(0, 1), { kind: 'failed' }],
    [tried([0, 1]), failed(1, 1), tried([0, 1], [1, 1])],
    [tried([0, 1], [1, 1]), failed(0, 2), tried([0, 2], [1, 1])],
    [tried([0, 2], [1, 1]), failed(1, 2), { kind: 'failed' }],
    [tried([0, 1]), failed(0, Infinity), tried([0, 2])],
    [{ kind: 'up' }, failed(0, 1), { kind: 'up' }],
    [{ kind: 'failed' }, isUp, { kind: 'failed' }],
  ])('%j and %j', (state, event, next) => {
    expect(stepStart(state, event)).toEqual(next);
  });
});
