import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromFile } from '../../../src/config/from-file';
import { loadConfig } from '../../../src/config/load';
import { errorText } from '../../../src/record/error-text';
import { makeFifo } from '../../support/fifo';

const directory = mkdtempSync(join(tmpdir(), 'from-file-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

describe(fromFile, () => {
  it('reads a YAML file of Ruby’s ServerEngine, symbols included', async () => {
    const text = [
      'defaults: &d { worker_heartbeat_timeout: 3m }',
      '<<: *d',
      ':worker_type: :process',
      'workers: 4',
      'start_worker_delay_rand: 0.5',
      'log_level: :warn',
      'log_stdout: no',
      'pid_path: my.pid',
      'log:',
      ':chumask: 027',
      'signal_reload: :HUP',
      'signal_immediate_restart: USR2',
      'port: 9071',
      ':my_key: :mine',
    ].join('\n');
    const raw = await fromFile(file('ruby.yml', text))();
    expect(raw).toEqual({
      defaults: { worker_heartbeat_timeout: '3m' },
      workerHeartbeatTimeout: '3m',
      workerType: 'process',
      workers: 4,
      startWorkerDelayRand: 0.5,
      logLevel: 'warn',
      logStdout: 'no',
      pidPath: 'my.pid',
      log: null,
      chumask: 0o27,
      signalReload: 'HUP',
      signalImmediateRestart: 'USR2',
      port: 9071,
      my_key: ':mine',
    });
    const { engine, warnings } = loadConfig({ raw, env: {} });
    expect(engine).toMatchObject({
      workerType: 'process',
      workerHeartbeatTimeoutMs: 180_000,
      logStdout: false,
      chumask: 0o27,
      signalReload: 'SIGHUP',
    });
    expect(engine.log).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it('reads JSON, also with a byte order mark, in both spellings', async () => {
    const path = file('both.json', '\uFEFF{ "workerType": "process", "max_restarts": 3, "my_key": 1 }');
    expect(await fromFile(path)()).toEqual({ workerType: 'process', maxRestarts: 3, my_key: 1 });
  });

  it('reads the file again at each call (PARITY: Config and log)', async () => {
    const path = file('again.yaml', 'workers: 1');
    const config = fromFile(path);
    expect(await config()).toEqual({ workers: 1 });
    file('again.yaml', 'workers: 2');
    expect(await config()).toEqual({ workers: 2 });
  });

  it('finds the file after the working directory changed', async () => {
    const before = process.cwd();
    process.chdir(directory);
    try {
      file('relative.yml', 'workers: 1');
      const config = fromFile('relative.yml');
      process.chdir('/');
      expect(await config()).toEqual({ workers: 1 });
    } finally {
      process.chdir(before);
    }
  });

  it('lets overrides win over either spelling, and ignores undefined ones', async () => {
    const path = file('over.yml', 'worker_type: process\nworkers: 2');
    expect(await fromFile(path, { workerType: 'embedded', workers: undefined })()).toEqual({
      workerType: 'embedded',
      workers: 2,
    });
  });

  // A truncated file must not reset every key of a running service to its default.
  it.each([
    ['empty.yml', ''],
    ['blank.yml', '\n  \n'],
    ['mark.yml', '\uFEFF'],
    ['comment.yml', '# nothing\n'],
    ['document.yml', '---\n'],
    ['null.yml', '~\n'],
    ['empty.json', ''],
    ['blank.json', ' \n'],
    ['null.json', 'null'],
  ])('rejects %s, which is empty, as no configuration', async (name, text) => {
    await expect(fromFile(file(name, text), { workers: 2 })()).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'ERR_CONFIG_UNREADABLE',
      message: expect.stringMatching(/: it has no keys\. .* write \{\} into it\./) as string,
    });
  });

  it.each([
    ['braces.yml', '{}'],
    ['braces.json', '{}'],
  ])('accepts %s as a deliberately empty configuration', async (name, text) => {
    expect(await fromFile(file(name, text), { workers: 2 })()).toEqual({ workers: 2 });
  });

  it('does not wait for the writer of a FIFO', async () => {
    const path = join(directory, 'fifo.yml');
    makeFifo(path);
    await expect(fromFile(path)()).rejects.toMatchObject({
      code: 'ERR_CONFIG_UNREADABLE',
      message: expect.stringMatching(/fifo\.yml: it is not a regular file\./) as string,
    });
  });

  it.each([
    [
      'twice.yml',
      'worker_type: process\nworkerType: embedded',
      /twice\.yml: worker_type and workerType are the same key\. Keep/,
    ],
    ['list.yml', '- 1', /list\.yml: must have keys with values at the top level, got \[Array\]\./],
    ['text.json', '"workers"', /text\.json: must have keys with values at the top level, got 'workers'\./],
  ])('rejects the invalid configuration %s', async (name, text, message) => {
    await expect(fromFile(file(name, text))()).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringMatching(message) as string,
    });
  });

  it.each([
    ['broken.yml', 'a: 1\nb: [1, 2\nc: 3\n', /broken\.yml: not valid YAML: .*line \d.*\. Correct the file/],
    [
      'deep.yml',
      'a:\n  - b: 1\n    c: 2\n    "b": 3\n',
      /deep\.yml: not valid YAML: Map keys must be unique at line 4, column 5\. Correct the file/,
    ],
    ['double.yml', 'a: 1\na: 2\n', /double\.yml: not valid YAML: .*line 2.*\. Correct the file/],
    ['broken.json', '{\n"a": 1\n"b": 2\n}', /broken\.json: not valid JSON: .*line 3.*\. Correct the file/],
  ])('reports the line of the syntax error in %s', async (name, text, message) => {
    await expect(fromFile(file(name, text))()).rejects.toMatchObject({
      code: 'ERR_CONFIG_UNREADABLE',
      message: expect.stringMatching(message) as string,
    });
  });

  it('accepts several merge keys in one mapping', async () => {
    const text = 'a: &a { x: 1 }\nb: &b { y: 2 }\nc:\n  <<: *a\n  <<: *b\n';
    expect(await fromFile(file('merges.yml', text))()).toMatchObject({ c: { x: 1, y: 2 } });
  });

  it('takes time in proportion to the number of keys', async () => {
    const read = async (count: number): Promise<number> => {
      const keys = Array.from({ length: count }, (_, index) => `some_own_key_${index}: value`);
      const path = file('many.yml', keys.join('\n'));
      // Processor time, independent of load. The first try also compiles.
      const times = [];
      for (let tries = 0; tries < 2; tries++) {
        const begin = process.cpuUsage();
        expect(loadConfig({ raw: await fromFile(path)(), env: {} }).warnings).toEqual([]);
        times.push(process.cpuUsage(begin).user);
      }
      return Math.min(...times);
    };
    const [few, many] = [await read(250), await read(2000)];
    // A comparison of each pair would take 64 times as long.
    expect(many / few).toBeLessThan(32);
  });

  it.each([
    ['quoted.json', '{ "password": hush123hush }'],
    ['cut.json', '{ "password": "hush-hush'],
    ['alias.yml', 'password: *hush123hush\n'],
    ['tag.yml', 'password: !hush hush\nport: {'],
    ['broken.yml', 'password: "hush\nport: hush123hush: 1\n'],
  ])('the error for %s quotes nothing of it, nor does any cause', async (name, text) => {
    const error: unknown = await fromFile(file(name, text))().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_CONFIG_UNREADABLE' });
    expect(errorText(error as Error)).not.toContain('hush');
  });

  it('reports a missing file with its path and the cure', async () => {
    const path = join(directory, 'missing.yml');
    await expect(fromFile(path)()).rejects.toMatchObject({
      code: 'ERR_CONFIG_UNREADABLE',
      message: expect.stringMatching(/missing\.yml: ENOENT.*Check that the file exists/) as string,
    });
  });

  it('rejects another file type at once', () => {
    expect(() => fromFile('server.toml')).toThrow(
      /server\.toml: its name must end in \.yml, \.yaml or \.json/,
    );
  });
});
