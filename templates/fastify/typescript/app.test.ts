import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createApp } from './app';

void it('greets', async () => {
  const app = createApp(() => 'Hello');
  const response = await app.inject('/');
  assert.deepEqual(response.json(), { greeting: 'Hello', pid: process.pid });
  assert.equal((await app.inject('/missing')).statusCode, 404);
  await app.close();
});
