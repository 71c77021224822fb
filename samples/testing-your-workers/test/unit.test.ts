// A worker as an object: no process, no engine.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createTestWorker } from 'serverengine/testing';
import { HelloWorker } from '../src/hello';

void it('takes another greeting', async () => {
  const test = createTestWorker(HelloWorker, { config: { port: 0, greeting: 'hello' } });
  await test.receive({ greeting: 'good evening' });
  assert.deepEqual(test.log, [
    { level: 'info', message: 'greeting changed', fields: { greeting: 'good evening' } },
  ]);
});
