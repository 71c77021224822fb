import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { createApp } from './app';

void it('greets', async () => {
  const app = createApp(() => 'Hello').listen(0, '127.0.0.1');
  await once(app, 'listening');
  const { port } = app.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${String(port)}/`);
  assert.equal(await response.text(), `Hello from process ${String(process.pid)}\n`);
  const missing = await fetch(`http://127.0.0.1:${String(port)}/missing`);
  assert.equal(missing.status, 404);
  app.close();
  app.closeAllConnections();
});
