import { MessageChannel } from 'node:worker_threads';
import { ThreadLink } from '../../../src/child/thread-link';
import { reapAfterEach } from '../../support/reaping';
import { eventually } from '../../support/eventually';

function connected() {
  const { port1, port2 } = new MessageChannel();
  reapAfterEach(() => port1.close());
  return { link: new ThreadLink(port2), send: (message: object) => port1.postMessage(message) };
}

describe('ThreadLink', () => {
  it('keeps early messages in order until there is a listener', async () => {
    const { link, send } = connected();
    send({ type: 'dump' });
    send({ type: 'reload', config: 1 });
    send({ type: 'stop' });
    await new Promise((resolve) => setImmediate(resolve));
    const told: unknown[] = [];
    link.onReload(({ config }) => told.push(config));
    link.onCommand((command) => told.push(command));
    await eventually(() => told.length === 3, 'everything was told');
    // Early messages are delivered when their listener is added. Commands keep their order among themselves.
    expect(told).toContain(1);
    expect(told.filter((what) => what !== 1)).toEqual(['dump', 'stop']);
  });

  it('delivers later messages at once', async () => {
    const { link, send } = connected();
    const told: unknown[] = [];
    link.onReload(({ config }) => told.push(config));
    link.onCommand((command) => told.push(command));
    send({ type: 'stop' });
    send({ type: 'reload', config: 2 });
    await eventually(() => told.length === 2, 'everything was told');
    expect(told).toEqual(['stop', 2]);
  });
});
