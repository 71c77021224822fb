import { EventEmitter } from 'node:events';
import { FakeClock } from '../../../src/testing/fake-clock';
import { Terminal } from '../../../src/common/terminal';
import { SignalSource, type SignalHost } from '../../../src/engine/signal-source';
import type { Command } from '../../../src/commands/command';

const RELOAD: Command = { kind: 'reload' };

function setUp() {
  const host = new EventEmitter();
  const state = { hasTerminal: true };
  const clock = new FakeClock();
  const terminal = new Terminal({ hasTerminal: () => state.hasTerminal, isForeground: () => true, clock });
  const source = new SignalSource(host as unknown as SignalHost, terminal);
  const said: string[] = [];
  const deliver = (): void =>
    source.deliver({
      commands: new Map<NodeJS.Signals, Command>([
        ['SIGUSR2', RELOAD],
        ['SIGWINCH', RELOAD],
        ['SIGTERM', { kind: 'stop', graceful: true }],
        ['SIGCONT', { kind: 'dump' }],
      ]),
      onCommand: (command, signal) => said.push(`${signal} ${command.kind}`),
      onUnknown: (signal) => said.push(`${signal} unknown`),
      onTerminalLost: (isStop) => said.push(`terminal lost ${String(isStop)}`),
    });
  return { clock, host, source, state, said, deliver };
}

describe(SignalSource, () => {
  it('keeps early signals in order until delivery starts, then delivers at once', () => {
    const { host, said, deliver } = setUp();
    for (const signal of ['SIGUSR2', 'SIGTTIN', 'SIGUSR2']) host.emit(signal);
    expect(said).toEqual([]);
    deliver();
    expect(said).toEqual(['SIGUSR2 reload', 'SIGTTIN unknown', 'SIGUSR2 reload']);
    host.emit('SIGWINCH');
    expect(said).toHaveLength(4);
  });

  it.each(['SIGINT', 'SIGQUIT'] as const)('reports an early %s, and keeps it', (signal) => {
    const { host, source, said, deliver } = setUp();
    const stops: string[] = [];
    host.emit('SIGTTOU');
    host.emit(signal);
    source.onEarlyStop((stop) => stops.push(stop));
    host.emit(signal);
    expect(stops).toEqual([signal, signal]);
    deliver();
    host.emit(signal);
    expect(stops).toHaveLength(2);
    expect(said).toEqual(['SIGTTOU unknown', ...Array<string>(3).fill(`${signal} unknown`)]);
  });

  it('ignores all signals after ignore(), but keeps its handlers', () => {
    const { host, source, said, deliver } = setUp();
    deliver();
    source.ignore();
    for (const signal of ['SIGTERM', 'SIGUSR2', 'SIGWINCH']) expect(host.emit(signal)).toBe(true);
    expect(said).toEqual([]);
  });

  it('restores all signals except SIGUSR1, which would kill without a handler', () => {
    const { host, source, deliver } = setUp();
    deliver();
    source.release();
    expect(host.eventNames()).toEqual(['SIGUSR1']);
  });

  it('takes CONT for a dump, but not after a stop', () => {
    const { clock, host, said, deliver } = setUp();
    deliver();
    host.emit('SIGCONT');
    clock.advance(50);
    // Two threads may handle the two signals, in either order.
    for (const signal of ['SIGCONT', 'SIGTERM', 'SIGCONT']) host.emit(signal);
    clock.advance(50);
    expect(said).toEqual(['SIGCONT dump', 'SIGTERM stop']);
  });

  it('distinguishes HUP at the end of the terminal from a command', () => {
    const { host, state, said, deliver } = setUp();
    deliver();
    state.hasTerminal = false;
    host.emit('SIGHUP');
    expect(said).toEqual(['terminal lost true']);
  });

  it('treats the end of the terminal as an early stop', () => {
    const { host, state, source, said, deliver } = setUp();
    const stops: string[] = [];
    source.onEarlyStop((stop) => stops.push(stop));
    state.hasTerminal = false;
    host.emit('SIGHUP');
    expect(stops).toEqual(['SIGHUP']);
    deliver();
    expect(said).toEqual(['terminal lost true']);
  });
});
