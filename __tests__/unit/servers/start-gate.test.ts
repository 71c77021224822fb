import fc from 'fast-check';
import { FakeClock } from '../../../src/common/fake-clock';
import { StartGate, type StartPlace } from '../../../src/servers/start-gate';

function makeGate(initial: number) {
  const clock = new FakeClock();
  const state = { limit: initial, entered: [] as number[] };
  const places = new Map<number, StartPlace>();
  const gate = new StartGate({ limit: () => state.limit, longestMs: () => 1000, clock });
  let asked = 0;
  const enter = (): void => {
    const id = asked;
    asked += 1;
    const take = (place: StartPlace): void => {
      state.entered.push(id);
      places.set(id, place);
    };
    const place = gate.enter();
    if (place instanceof Promise) void place.then(take);
    else take(place);
  };
  return { gate, clock, state, places, enter, settle: () => new Promise(setImmediate) };
}

describe(StartGate, () => {
  it('lets in at once whom there is room for', () => {
    const { enter, state } = makeGate(2);
    for (let count = 0; count < 3; count += 1) enter();
    expect(state.entered).toEqual([0, 1]);
  });

  it('lets in the others in order, never more than the limit, until all were in', async () => {
    const steps = fc.array(fc.constantFrom('enter', 'leave', 'leave twice'), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (limit, taken) => {
        const { enter, state, places, settle } = makeGate(limit);
        let asked = 0;
        for (const step of taken) {
          if (step === 'enter') {
            enter();
            asked += 1;
          } else {
            const [first] = places;
            if (!first) continue;
            places.delete(first[0]);
            first[1].leave();
            if (step === 'leave twice') first[1].leave();
          }
          await settle();
          expect(places.size).toBeLessThanOrEqual(limit);
        }
        while (places.size > 0) {
          for (const [id, place] of [...places]) {
            places.delete(id);
            place.leave();
          }
          await settle();
        }
        expect(state.entered).toEqual(Array.from({ length: asked }, (_, id) => id));
      }),
    );
  });

  it('takes a higher limit when it is told to look', async () => {
    const { enter, gate, state, settle } = makeGate(1);
    for (let count = 0; count < 3; count += 1) enter();
    state.limit = 2;
    gate.admit();
    await settle();
    expect(state.entered).toEqual([0, 1]);
  });

  it('does not wait for ever for a start that hangs', async () => {
    const { enter, clock, state, places, settle } = makeGate(1);
    enter();
    enter();
    clock.advance(999);
    await settle();
    expect(state.entered).toEqual([0]);
    clock.advance(1);
    await settle();
    expect(state.entered).toEqual([0, 1]);
    places.get(0)?.leave();
    enter();
    await settle();
    expect(state.entered).toEqual([0, 1]);
  });

  it('holds up nobody once it is open', async () => {
    const { enter, gate, state, settle } = makeGate(1);
    for (let count = 0; count < 3; count += 1) enter();
    gate.open();
    enter();
    await settle();
    expect([...state.entered].sort()).toEqual([0, 1, 2, 3]);
  });
});
