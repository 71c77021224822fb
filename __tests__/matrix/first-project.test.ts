/** The first ten minutes of a user with only the tarball: init, install, test, start, restart, stop. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TEMPLATES, type Template } from '../../src/cli/templates';
import { pack } from '../dialects/installed-package';
import { RunningApp, strangersEnvironment } from '../dialects/running-app';
import { freePort } from '../support/clients';
import { reapAfterEach } from '../support/reaping';

const HOOK_MS = 540_000;
const COMBINATIONS = TEMPLATES.flatMap((template) => [
  { template, language: 'typescript' },
  { template, language: 'javascript' },
]);
/** How each template shows that it works. */
const SIGNS: Readonly<Record<Template, (shop: string, app: RunningApp, port: number) => Promise<void>>> = {
  http: async (_shop, _app, port) => expect(await answerOf(port)).toMatch(/^Hello from process \d+\n$/),
  fastify: async (_shop, _app, port) =>
    expect(await answerOf(port)).toMatch(/^\{"greeting":"Hello","pid":\d+\}$/),
  queue: async (shop, app) => {
    await shell(shop, 'npm', 'run', 'add', '--', 'hello', 'you');
    await app.line(/job done .*text="hello you"/);
  },
};

/** The line that each worker logs when it is ready. */
const UP = /worker=\d pid=\d+: (listening|waiting for jobs)/;

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'serverengine-stranger-'));
  const { filename } = await pack(folder);
  await shell(folder, 'npm', 'install', '--prefer-offline', filename);
}, HOOK_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('serverengine init', () => {
  it.each(COMBINATIONS)('--template $template --$language', async ({ template, language }) => {
    const name = `${template}-${language}`;
    await shell(folder, 'npx', 'serverengine', 'init', name, '--template', template, `--${language}`);
    const shop = join(folder, name);
    await shell(shop, 'npm', 'install', '--prefer-offline');
    await shell(shop, 'npm', 'test');
    await shell(shop, 'npm', 'run', 'check');

    const port = await freePort();
    // The queue does not have this key, and the engine would warn of it.
    const env = template === 'queue' ? {} : { SERVERENGINE_PORT: String(port) };
    const app = new RunningApp('npm', ['start'], shop, env);
    reapAfterEach(() => app.kill());
    await app.line(UP, 2);
    await SIGNS[template](shop, app, port);
    expect(await shell(shop, 'npm', 'run', 'status')).toMatch(/: 2 process workers/);
    await shell(shop, 'npm', 'run', 'restart');
    await shell(shop, 'npm', 'run', 'reload');
    await SIGNS[template](shop, app, port);
    await shell(shop, 'npm', 'stop');
    expect(await app.ended).toEqual({ status: 0, signal: null });
    expect(app.output).not.toMatch(/\[(warn|error)\]/);

    await likeDockerfile(shop, language, env);
  });
});

/** The steps of the Dockerfile without Docker: the runtime needs nothing that only the build needs. */
async function likeDockerfile(shop: string, language: string, own: NodeJS.ProcessEnv): Promise<void> {
  await shell(shop, 'npm', 'ci', '--prefer-offline');
  await shell(shop, 'npm', 'run', 'build', '--if-present');
  await shell(shop, 'npm', 'prune', '--omit=dev');
  const main = language === 'typescript' ? 'dist/server.js' : 'server.mjs';
  const env = { ...own, SERVERENGINE_STATUS_LISTEN: '127.0.0.1:0' };
  const app = new RunningApp(process.execPath, [main], shop, env);
  reapAfterEach(() => app.kill());
  await app.line(UP, 2);
  expect(await app.stop()).toEqual({ status: 0, signal: null });
}

/** Runs a command in a shell. Rejects with its output when it fails. */
async function shell(cwd: string, command: string, ...args: readonly string[]): Promise<string> {
  const running = promisify(execFile)(command, args, { cwd, env: strangersEnvironment() });
  const { stdout } = await running.catch((error: unknown) => {
    const { stdout: out = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${[command, ...args].join(' ')} failed:\n${out}${stderr}`);
  });
  return stdout;
}

async function answerOf(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${String(port)}/`)).text();
}
