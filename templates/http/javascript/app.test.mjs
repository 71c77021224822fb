import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { createApp } from './app.mjs';

it('greets', async () => {
  const app = createApp(() => 'Hello').listen(0, '127.0.0.1');
  await once(app, 'listening');
  const { port } = app.address();
  const response = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal(await response.text(), `Hello from process ${process.pid}\n`);
  const missing = await fetch(`http://127.0.0.1:${port}/missing`);
  assert.equal(missing.status, 404);
  app.close();
  app.closeAllConnections();
});
