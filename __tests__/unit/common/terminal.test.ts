import { FakeClock } from '../../../src/testing/fake-clock';
import { Terminal } from '../../../src/common/terminal';

function setUp({ isThere = true, isForeground = true } = {}) {
  const clock = new FakeClock();
  const state = { isThere };
  const terminal = new Terminal({
    hasTerminal: () => state.isThere,
    isForeground: () => isForeground,
    clock,
  });
  const said: string[] = [];
  return {
    clock,
    state,
    said,
    hangUp: () => terminal.onHangUp((meaning) => said.push(meaning)),
    goOn: () => terminal.onContinue(() => said.push('continue')),
  };
}

describe(Terminal, () => {
  it.each([
    ['stops what runs in it', true, 'stop'],
    ['does not stop a program that ignores the signal (nohup)', false, 'ignore'],
  ])('%s when it is lost', (_what, isForeground, meaning) => {
    const { state, said, hangUp } = setUp({ isForeground });
    state.isThere = false;
    hangUp();
    expect(said).toEqual([meaning]);
  });

  it('may close a moment after the signal', () => {
    const { clock, state, said, hangUp } = setUp();
    hangUp();
    clock.advance(10);
    state.isThere = false;
    clock.advance(40);
    expect(said).toEqual(['stop']);
  });

  it('is still open: the signal came from another process', () => {
    const { clock, said, hangUp } = setUp();
    hangUp();
    clock.advance(50);
    expect(said).toEqual(['command']);
  });

  it('was never there: every signal came from another process, without a delay', () => {
    const { clock, said, hangUp } = setUp({ isThere: false });
    hangUp();
    expect(said).toEqual(['command']);
    expect(clock.pending).toBe(0);
  });

  it('is lost once: simultaneous signals mean one loss, later ones are commands', () => {
    const { clock, state, said, hangUp } = setUp({ isForeground: false });
    hangUp();
    state.isThere = false;
    hangUp();
    clock.advance(50);
    hangUp();
    clock.advance(1000);
    hangUp();
    expect(said).toEqual(['ignore', 'ignore', 'ignore', 'command']);
  });

  it('may close without a signal: later signals are commands', () => {
    const { clock, state, said, hangUp } = setUp();
    clock.advance(60_000);
    state.isThere = false;
    clock.advance(5000);
    hangUp();
    expect(said).toEqual(['command']);
    expect(clock.pending).toBe(0);
  });

  it('also sends CONT when it is lost, which is ignored', () => {
    const { clock, state, said, hangUp, goOn } = setUp();
    goOn();
    clock.advance(50);
    expect(said.splice(0)).toEqual(['continue']);
    goOn();
    hangUp();
    goOn();
    state.isThere = false;
    clock.advance(50);
    goOn();
    clock.advance(50);
    expect(said.splice(0)).toEqual(['stop']);
    clock.advance(1000);
    goOn();
    clock.advance(50);
    expect(said).toEqual(['continue']);
  });
});
