import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { onChecked, warnOfForeignMessages } from '../../../src/launch/foreign-messages';
import { marked } from '../../../src/node-internals/marked-messages';
import { isChildMessage } from '../../../src/protocol/child-messages';
import type { ProcessMonitor } from '../../../src/watch/process-monitor';
import { fakeLogger } from '../contract/fake-logger';

function setUp() {
  const logger = fakeLogger();
  const child = new EventEmitter();
  const monitor = { child, label: 'worker 3', pid: 4711 } as unknown as ProcessMonitor;
  const taken: unknown[] = [];
  onChecked(monitor, isChildMessage, logger, (message) => taken.push(message));
  warnOfForeignMessages(monitor, logger);
  return { logger, child, taken };
}

describe('the IPC channel of a worker', () => {
  it('passes only messages, whatever is sent, and reports the worker once', () => {
    fc.assert(
      fc.property(fc.array(fc.anything(), { minLength: 1 }), (sent) => {
        const { logger, child, taken } = setUp();
        for (const message of sent) {
          child.emit('internalMessage', { ...marked({}), message });
          child.emit('internalMessage', message);
        }
        child.emit('internalMessage', marked({ type: 'ready' }));
        expect(taken).toEqual([{ type: 'ready' }]);
        expect(logger.warn.mock.calls).toEqual([
          [
            expect.stringMatching(/^worker 3 sent a message that the engine does not know/),
            expect.anything(),
          ],
        ]);
        expect(logger.warn.mock.calls[0]![1]).toMatchObject({ pid: 4711 });
      }),
    );
  });

  it('reports a message of the program once and briefly, and drops it', () => {
    fc.assert(
      fc.property(fc.array(fc.anything(), { minLength: 1 }), (sent) => {
        const { logger, child, taken } = setUp();
        child.emit('message', { type: 'x'.repeat(1e6) });
        for (const message of sent) child.emit('message', message);
        expect(taken).toEqual([]);
        expect(logger.warn).toHaveBeenCalledTimes(1);
        expect(JSON.stringify(logger.warn.mock.calls[0]).length).toBeLessThan(1000);
      }),
    );
  });
});
