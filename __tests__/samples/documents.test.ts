import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { typescriptBlocks } from '../unit/docs/markdown';
import { Program, ROOT } from './program';

/** A user's project: the code blocks of a document as files, and the packages that it tells to install. */
function projectOf(document: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'serverengine-document-'));
  for (const { name, code } of typescriptBlocks(document)) writeFileSync(join(folder, name), code);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/serverengine'));
  for (const name of ['zod', 'tsyringe']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  return folder;
}

function runTestsIn(folder: string): { readonly status: number | null; readonly output: string } {
  const config = {
    rootDir: folder,
    testRegex: '\\.test\\.ts$',
    transform: {
      '\\.ts$': [
        require.resolve('ts-jest'),
        {
          diagnostics: false,
          tsconfig: {
            target: 'ES2022',
            module: 'commonjs',
            esModuleInterop: true,
            experimentalDecorators: true,
            isolatedModules: true,
          },
        },
      ],
    },
  };
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/jest/bin/jest.js'), '--runInBand', '--config', JSON.stringify(config)],
    { cwd: folder, encoding: 'utf8' },
  );
  return { status, output: stderr };
}

describe('a program in the documentation', () => {
  let folder = '';
  afterEach(async () => {
    await Program.reapAll();
    rmSync(folder, { recursive: true, force: true });
  });

  it('from the README answers from each of its processes, and survives kill -9', async () => {
    folder = projectOf('README.md');
    const program = new Program(join(folder, 'web.ts'), { PORT: '0' }, folder);
    const lines = await program.waitFor(/worker=\d pid=(\d+): listening on=.*"port":(\d+)/, 4);
    const [, pid, port] = lines[0] ?? [];
    process.kill(Number(pid), 'SIGKILL');
    await program.waitFor(/finished unexpectedly with signal SIGKILL/);
    await program.waitFor(/worker=\d pid=\d+: listening/, 5);
    const response = await fetch(`http://127.0.0.1:${port ?? ''}/`);
    expect(await response.text()).toMatch(/^Hello from worker [0-3]\n$/);
    expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await program.isAllGone()).toBe(true);
  });

  it('from the README reads its configuration from the file and from the environment', async () => {
    folder = projectOf('README.md');
    writeFileSync(join(folder, 'server.yml'), 'greeting: good morning\nworkers: 2\nlog: "-"\n');
    const program = new Program(join(folder, 'configured.ts'), { SERVERENGINE_PORT: '9000' }, folder);
    await program.waitFor(/worker=\d pid=\d+: good morning port=9000/, 2);
    expect(await program.stop('SIGINT')).toEqual({ code: 0, signal: null });
    expect(await program.isAllGone()).toBe(true);
  });

  it('from the first-server guide answers on TCP', async () => {
    folder = projectOf('docs/guides/first-server.md');
    const program = new Program(join(folder, 'main.ts'), { SERVERENGINE_PORT: '0' }, folder);
    await program.waitFor(/worker \d is running/, 4);
    expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(program.output).toContain('all workers have ended');
    expect(await program.isAllGone()).toBe(true);
  });

  it('from the bundler guide starts and stops without decorators', async () => {
    folder = projectOf('docs/guides/typescript-and-bundlers.md');
    const program = new Program(join(folder, 'stripped.ts'), {}, folder);
    await program.waitFor(/worker \d is running/, 2);
    expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await program.isAllGone()).toBe(true);
  });

  it("from the testing guide passes under Node's own runner", () => {
    folder = projectOf('docs/guides/testing-your-workers.md');
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { experimentalDecorators: true } }),
    );
    const tsx = pathToFileURL(require.resolve('tsx')).href;
    const { status, stdout } = spawnSync(
      process.execPath,
      ['--import', tsx, '--test', 'echo-worker.node-test.ts'],
      { cwd: folder, encoding: 'utf8' },
    );
    expect(stdout).toMatch(/^# pass 1$/m);
    expect(status).toBe(0);
  });

  it.each(['README.md', 'docs/guides/testing-your-workers.md'])('from %s passes its tests', (document) => {
    folder = projectOf(document);
    const { status, output } = runTestsIn(folder);
    expect(output).toContain('Tests:');
    expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' });
  });
});
