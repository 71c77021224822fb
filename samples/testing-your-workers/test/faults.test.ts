// The real engine, broken in several ways while clients ask.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { startTestEngine, type TestEngine } from 'serverengine/testing';
import { HelloServer, HelloWorker } from '../src/hello';

const START = {
  // Your own main script. Its configuration does not count: that of the test does.
  entry: join(__dirname, '../src/main.ts'),
  execArgv: ['--import', 'tsx'],
};

async function ask(port: number): Promise<string> {
  // A new connection each time: the kernel gives it to any worker that accepts.
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
  return response.text();
}

/** Asks until that worker has answered. */
async function answerOf(port: number, worker: number): Promise<void> {
  while (!(await ask(port)).includes(`from worker ${worker}`));
}

async function broken(engine: TestEngine): Promise<void> {
  await engine.untilReady();
  const port = Number((await engine.untilLogged('listening')).fields['port']);

  // A worker is killed: the other one answers, and soon both do.
  await engine.kill(0);
  assert.match(await ask(port), /^hello from worker/);
  await engine.untilHealed();
  await answerOf(port, 0);

  // The disk of the log is full, and a worker is killed again: clients notice nothing.
  await engine.fillDisk();
  await engine.kill(1);
  assert.match(await ask(port), /^hello from worker/);
  await engine.freeDisk();
  const { deaths } = await engine.untilHealed();
  assert.deepEqual(
    deaths.map(({ workerId, signal }) => [workerId, signal]),
    [
      [0, 'SIGKILL'],
      [1, 'SIGKILL'],
    ],
  );

  assert.deepEqual(await engine.stop(), { code: 0, signal: null });
}

void it('heals', async () => {
  const config = { port: 0, greeting: 'hello' };
  const engine = await startTestEngine(HelloServer, HelloWorker, config, START);
  // From Node 24 on, and with TypeScript's or esbuild's target: await using engine = await startTestEngine(…)
  try {
    await broken(engine);
  } finally {
    await engine.close();
  }
});
