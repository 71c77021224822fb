import type net from 'node:net';
import { AcceptPause } from '../../../src/child/accept-pause';
import { FakeClock } from '../../../src/testing/fake-clock';

function fakeServer() {
  let isWatched = true;
  const handle = { readStart: () => ((isWatched = true), 0), readStop: () => ((isWatched = false), 0) };
  const server = { listening: true, _handle: handle };
  return { server: server as unknown as net.Server, fake: server, accepts: () => isWatched };
}

describe(AcceptPause, () => {
  it('ends by itself, later each time that it is requested again', () => {
    const clock = new FakeClock();
    const pause = new AcceptPause(clock);
    const { server, accepts } = fakeServer();
    pause.pause([server], 5000);
    expect(accepts()).toBe(false);
    clock.advance(4000);
    pause.pause([server], 5000);
    clock.advance(4999);
    expect(accepts()).toBe(false);
    clock.advance(1);
    expect(accepts()).toBe(true);
  });

  it('ends on request, and ignores handles that do not listen', () => {
    const clock = new FakeClock();
    const pause = new AcceptPause(clock);
    const [one, other] = [fakeServer(), fakeServer()];
    other.fake.listening = false;
    pause.pause([one.server, other.server], 5000);
    expect([one.accepts(), other.accepts()]).toEqual([false, true]);
    one.fake.listening = false;
    pause.resume();
    expect(one.accepts()).toBe(false);
    clock.advance(10_000);
    expect(one.accepts()).toBe(false);
  });
});
