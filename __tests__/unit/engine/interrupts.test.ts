import { FakeClock } from '../../../src/testing/fake-clock';
import { Interrupts } from '../../../src/engine/interrupts';
import type { Command } from '../../../src/commands/command';
import { fakeLogger } from '../contract/fake-logger';

const GRACEFUL: Command = { kind: 'stop', graceful: true };
const IMMEDIATE: Command = { kind: 'stop', graceful: false };

function setUp() {
  const clock = new FakeClock();
  const logger = fakeLogger();
  const interrupts = new Interrupts({ clock, logger, waitingFor: () => ['worker 0', 'worker 2'] });
  const press = (): Command => interrupts.harden(GRACEFUL, 'SIGINT');
  return { clock, logger, interrupts, press };
}

describe(Interrupts, () => {
  it('lists what is waited for at the second Ctrl-C, and stops at once at the third', () => {
    const { clock, logger, press } = setUp();
    expect(press()).toEqual(GRACEFUL);
    clock.advance(500);
    expect(logger.warn).not.toHaveBeenCalled();
    expect(press()).toEqual(GRACEFUL);
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(logger.warn.mock.calls[0]).toMatchObject(['still stopping', { waitingFor: 'worker 0, worker 2' }]);
    clock.advance(500);
    expect(press()).toEqual(IMMEDIATE);
    expect(press()).toEqual(IMMEDIATE);
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });

  it('counts simultaneous signals as one press', () => {
    const { clock, press } = setUp();
    for (let count = 0; count < 10; count += 1) expect(press()).toEqual(GRACEFUL);
    clock.advance(300);
    for (let count = 0; count < 10; count += 1) expect(press()).toEqual(GRACEFUL);
    clock.advance(300);
    expect(press()).toEqual(IMMEDIATE);
  });

  it.each([
    [GRACEFUL, 'SIGTERM'],
    [{ kind: 'detach' }, 'SIGINT'],
    [{ kind: 'reload' }, 'SIGUSR2'],
  ] as const)('ignores %j by %s', (command, signal) => {
    const { clock, interrupts, logger } = setUp();
    for (let count = 0; count < 5; count += 1) {
      expect(interrupts.harden(command, signal)).toEqual(command);
      clock.advance(1000);
    }
    expect(logger.warn).not.toHaveBeenCalled();
  });
});
