import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Http2Drain } from '../../../src/drain/drain-http2';

const ANY_STREAM = 2 ** 31 - 1;
/** Timers that keep the event loop alive. */
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('Http2Drain', () => {
  it('keeps the worker alive until its idle sessions are closed: requests on their way are refused, not reset', async () => {
    const server = http2.createServer();
    const drain = new Http2Drain(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const opened = once(server, 'session');
    const client = http2.connect(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    const streams: number[] = [];
    client.on('goaway', (_code: number, lastStream: number) => streams.push(lastStream));
    const closed = once(client, 'close');
    await opened;

    const before = timers();
    drain.begin();
    expect(timers()).toBe(before + 1);
    await closed;
    expect(streams[0]).toBe(ANY_STREAM);
    server.close();
    await once(server, 'close');
  });
});
