import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import http from 'node:http';
import net from 'node:net';
import type { PrepareMessage } from '../../../src/protocol/protocol';
import { rehearse } from '../../../src/child/rehearse';
import { eventually } from '../../support/eventually';

const PREPARE: PrepareMessage = {
  config: {},
  shared: {},
  unshared: [],
  heartbeatIntervalMs: 1000,
  orphanTimeoutMs: 1000,
  ready: 'auto',
  closeServers: true,
  log: { level: 'debug', format: 'json', color: false, captureStdout: true, captureStderr: true },
  dump: {} as PrepareMessage['dump'],
  socketScheduling: 'shared',
  hasWatchdog: false,
  lagWarnMs: undefined,
  measuresLoop: false,
};
const OWN = {
  listen: net.Server.prototype.listen,
  write: process.stdout.write,
  emit: http.Server.prototype.emit,
};

/** Rehearses once, and counts the servers that listened and the connections. */
async function play(isOver = () => false): Promise<{ listened: number; connected: number; loggers: number }> {
  const count = { listened: 0, connected: 0, loggers: 0 };
  const listen = jest.spyOn(net.Server.prototype, 'listen');
  const connect = jest.spyOn(net, 'connect');
  try {
    const alsoRehearse = (): void => void (count.loggers += 1);
    await rehearse({ spec: { serverPrototype: {} }, prepare: PREPARE, alsoRehearse, isOver });
    return { ...count, listened: listen.mock.calls.length, connected: connect.mock.calls.length };
  } finally {
    listen.mockRestore();
    connect.mockRestore();
  }
}

describe('rehearse', () => {
  beforeAll(() => {
    // jest's list was made before http was loaded.
    Object.defineProperty(process, 'moduleLoadList', { value: ['NativeModule _http_server'] });
  });

  it('listens, answers, and leaves nothing open', async () => {
    // Earlier tests in this process may have left handles open.
    const openNow = (): number =>
      process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
    const [listeners, open] = [process.listenerCount('exit'), openNow()];
    expect(await play()).toEqual({ listened: 1, connected: 3, loggers: 1 });
    expect(net.Server.prototype.listen).toBe(OWN.listen);
    expect(process.stdout.write).toBe(OWN.write);
    expect(process.listenerCount('exit')).toBe(listeners);
    await eventually(() => openNow() <= open, 'nothing of it is open any more');
  });

  it('ends early when the worker gets its id meanwhile', async () => {
    expect(await play(() => true)).toEqual({ listened: 1, connected: 0, loggers: 1 });
  });

  it('makes no server where requests are traced', async () => {
    // As OpenTelemetry does.
    http.Server.prototype.emit = OWN.emit.bind(http.Server.prototype);
    try {
      expect((await play()).listened).toBe(0);
    } finally {
      http.Server.prototype.emit = OWN.emit;
    }
    const trace = (): void => {};
    subscribe('http.server.request.start', trace);
    try {
      expect((await play()).listened).toBe(0);
    } finally {
      unsubscribe('http.server.request.start', trace);
    }
  });
});
