/** Every worker of docs/guides/frameworks.md, as printed there, with the current frameworks from npm. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { InstalledPackage } from '../dialects/installed-package';
import { RunningApp } from '../dialects/running-app';
import { hasRedis, startRedis } from '../samples/redis';
import { freePort } from '../support/clients';
import { reapAfterEach } from '../support/reaping';
import { codeBlocks } from '../unit/docs/markdown';

const GUIDE = 'docs/guides/frameworks.md';
const PACKAGES = [
  ...['express', 'fastify', 'koa', 'hono', '@hono/node-server', 'graphql', 'graphql-yoga', '@trpc/server'],
  ...['@nestjs/core', '@nestjs/common', '@nestjs/platform-express', 'rxjs', 'reflect-metadata'],
  ...['ws', 'socket.io', 'socket.io-client', '@grpc/grpc-js', 'bullmq', 'ioredis'],
];

interface Framework {
  /** The file of its code block. */
  readonly file: string;
  readonly load: 'http' | 'ws' | 'socket.io' | 'grpc' | 'bullmq';
  /** The address that the load asks. */
  readonly target: (port: number) => string;
}

const web = (file: string, path = '/'): Framework => ({
  file,
  load: 'http',
  target: (port) => `http://127.0.0.1:${String(port)}${path}`,
});
const FRAMEWORKS: readonly Framework[] = [
  web('express.mjs'),
  web('fastify-worker.ts'),
  web('koa.mjs'),
  web('hono.mjs'),
  web('nest.mjs'),
  web('graphql-yoga.mjs', '/graphql?query={hello}'),
  web('trpc.mjs', '/hello'),
  { file: 'ws.mjs', load: 'ws', target: (port) => `ws://127.0.0.1:${String(port)}` },
  { file: 'socket-io.mjs', load: 'socket.io', target: (port) => `http://127.0.0.1:${String(port)}` },
  { file: 'grpc.mjs', load: 'grpc', target: (port) => `127.0.0.1:${String(port)}` },
];

const HOOK_MS = 540_000;
const ROUNDS = 2;

let installed: InstalledPackage;
let remove = (): void => {};

beforeAll(async () => {
  installed = await InstalledPackage.install({
    byNpm: true,
    apps: join(__dirname, 'apps'),
    packages: PACKAGES,
  });
  remove = () => installed.remove();
  for (const { name, code } of codeBlocks(GUIDE)) writeFileSync(join(installed.folder, name), code);
  const compilerOptions = { experimentalDecorators: true };
  writeFileSync(join(installed.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
}, HOOK_MS);

afterAll(() => remove());

it('the tests of frameworks cover every code block of the guide', () => {
  const names = codeBlocks(GUIDE).map(({ name }) => name);
  expect(names.sort()).toEqual([...FRAMEWORKS.map(({ file }) => file), 'bullmq.mjs', 'main.mjs'].sort());
});

describe('a rolling restart under load', () => {
  it.each(FRAMEWORKS)('of $file fails no request', async ({ file, load, target }) => {
    const port = await freePort();
    await restartUnderLoad(file, { port, workerReady: 'listening' }, load, target(port));
  });

  (hasRedis ? it : it.skip)('of bullmq.mjs fails no job', async () => {
    const redisUrl = await startRedis();
    await restartUnderLoad('bullmq.mjs', { redisUrl, restartStrategy: 'rolling' }, 'bullmq', redisUrl);
  });
});

async function restartUnderLoad(file: string, config: object, kind: string, target: string): Promise<void> {
  const args = ['--import', 'tsx', 'run-block.mjs', `./${file}`, JSON.stringify(config)];
  const app = new RunningApp(process.execPath, args, installed.folder);
  reapAfterEach(() => app.kill());
  await app.line(/worker \d is running/, 2);
  const load = await Load.begin(kind, target);
  for (let round = 1; round <= ROUNDS; round += 1) {
    app.signal('SIGUSR1');
    await app.line(/rolling restart finished .*replaced=2/, round);
  }
  const { answered, failures } = await load.finish();
  const end = await app.stop();
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(0);
  expect({ ...end, output: app.output }).toMatchObject({ status: 0, signal: null });
  expect(app.output.split('\n').filter((line) => /\[(warn|error|fatal)\]/.test(line))).toEqual([]);
  console.info(`${file}: ${String(answered)} answers, 0 failed, ${String(ROUNDS)} rolling restarts`);
}

/** load.mjs as its own process: in the test process, the tests would slow it down. */
class Load {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(kind: string, target: string) {
    this.#child = spawn(process.execPath, ['load.mjs', kind, target], {
      cwd: installed.folder,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
    const ended = once(this.#child, 'close');
    reapAfterEach(async () => {
      this.#child.kill('SIGKILL');
      await ended;
    });
  }

  static async begin(kind: string, target: string): Promise<Load> {
    const load = new Load(kind, target);
    expect(await load.#line()).toBe('answered');
    return load;
  }

  async finish(): Promise<{ readonly answered: number; readonly failures: readonly string[] }> {
    this.#child.stdin.end();
    return JSON.parse(await this.#line()) as { answered: number; failures: string[] };
  }

  async #line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done) throw new Error('the load has ended');
    return next.value;
  }
}
