import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestWorker } from 'serverengine/testing';
import { Queue } from './queue.mjs';
import { AppWorker } from './worker.mjs';

it('does each job once, and ends when it is told to', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'queue-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const queue = new Queue(folder);
  for (const text of ['first', 'second']) queue.add(text);

  const test = createTestWorker(AppWorker, { config: { folder, pollMs: 10 } });
  const ended = test.run();
  const done = () => test.log.filter(({ message }) => message === 'job done');
  while (done().length < 2) await sleep(10);
  await test.stop();
  await ended;

  const texts = done().map(({ fields }) => fields.text);
  assert.deepEqual(texts.sort(), ['first', 'second']);
  assert.equal(queue.take(), undefined);
});
