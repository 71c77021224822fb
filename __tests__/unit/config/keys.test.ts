import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';
import type { EngineConfig } from '../../../src/config/engine-config';
import type { EngineConfigInput, ServerKeyOptions, WorkerKeyOptions } from '../../../src/config/key-options';
import { environmentName, optionName, outputName, snakeCase } from '../../../src/config/key-names';
import { KEY_NAMES, KEY_TABLE, type KeyName, type KeyOwner, type Keys } from '../../../src/config/keys';
import { nearestName } from '../../../src/config/nearest';

// The types that the compiler derives from the table: the generated types must be equal.
type Taken<K extends KeyName> = Exclude<Keys[K]['default'], undefined> | undefined;
type OwnedBy<Owner extends KeyOwner> = {
  [K in KeyName]: Keys[K]['owner'] extends Owner ? K : never;
}[KeyName];
type Short<K extends string> = K extends `worker${infer Rest}`
  ? Rest extends Capitalize<Rest>
    ? Uncapitalize<Rest>
    : K
  : K;
/** Required, because an option that one of them lacks would not count. */
type Same<A, B> = [Required<A>] extends [Required<B>]
  ? [Required<B>] extends [Required<A>]
    ? true
    : false
  : false;

describe('the table of keys', () => {
  it.each(KEY_NAMES)('%s has a default of its own kind, a doc sentence, and consistent spellings', (key) => {
    const { default: value, read, doc, source } = KEY_TABLE[key];
    if (value !== undefined) expect(read(value)).toBeDefined();
    expect(doc).toMatch(/^[A-Z].*\.$/);
    // An editor takes it for a tag, and cuts the text there.
    expect(doc).not.toMatch(/(^|\s)@/);
    expect([undefined, snakeCase(key)]).toContain(source);
  });

  it('has no two keys with the same option of one decorator', () => {
    const options = KEY_NAMES.map((key) => `@${KEY_TABLE[key].owner} ${optionName(key)}`);
    expect(new Set(options).size).toBe(KEY_NAMES.length);
  });

  it.each([
    ['workerType', 'type', 'workerType', 'SERVERENGINE_WORKER_TYPE'],
    ['workers', 'workers', 'workers', 'SERVERENGINE_WORKERS'],
    [
      'workerGracefulKillInterval',
      'gracefulKillInterval',
      'workerGracefulKillIntervalMs',
      'SERVERENGINE_WORKER_GRACEFUL_KILL_INTERVAL',
    ],
    ['startWorkerDelay', 'startWorkerDelay', 'startWorkerDelayMs', 'SERVERENGINE_START_WORKER_DELAY'],
    [
      'exitWithWorkerStatus',
      'exitWithWorkerStatus',
      'exitWithWorkerStatus',
      'SERVERENGINE_EXIT_WITH_WORKER_STATUS',
    ],
  ] as const)('%s is spelled %s, %s and %s', (key, option, output, variable) => {
    expect([optionName(key), outputName(key), environmentName(key)]).toEqual([option, output, variable]);
  });

  it('types the config, the options of decorators, and the loaded configuration', () => {
    const input: EngineConfigInput = { workers: 'auto', workerHeartbeatTimeout: '3m', log: null };
    const ofWorker: WorkerKeyOptions = {
      type: 'process',
      workers: 4,
      heartbeatTimeout: '1m',
      unrecoverableExitCodes: [3],
    };
    const ofServer: ServerKeyOptions = { logLevel: 'info' };
    // @ts-expect-error a log level that there is not
    const wrong: ServerKeyOptions = { logLevel: 'verbose' };
    const workers: EngineConfig['workers'] extends number ? true : false = true;
    expect([input, ofWorker, ofServer, wrong, workers]).toHaveLength(5);
  });

  it('types the generated options equally', () => {
    const same: [
      Same<EngineConfigInput, { readonly [K in KeyName]?: Taken<K> }>,
      Same<ServerKeyOptions, { readonly [K in OwnedBy<'server'>]?: Taken<K> }>,
      Same<WorkerKeyOptions, { readonly [K in OwnedBy<'worker'> as Short<K>]?: Taken<K> }>,
    ] = [true, true, true];
    expect(same).toHaveLength(3);
  });

  it.each(['engine-config', 'key-options'])('the types in %s load nothing at run time', (name) => {
    const path = join(__dirname, `../../../src/config/${name}.ts`);
    const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2022,
        isolatedModules: true,
      },
    });
    expect(outputText).not.toContain('require(');
  });
});

describe(snakeCase, () => {
  it.each([
    ['workerHeartbeatTimeout', 'worker_heartbeat_timeout'],
    ['dbURL', 'db_url'],
    ['HTTPPort', 'http_port'],
    ['already_snake', 'already_snake'],
  ])('%s is %s', (name, snake) => expect(snakeCase(name)).toBe(snake));
});

describe(nearestName, () => {
  const names = ['log', 'logLevel', 'workers'];
  it.each([
    ['log_level', 'logLevel'],
    ['worker', 'workers'],
    ['wrokers', 'workers'],
    ['lag', 'log'],
    ['tag', undefined],
    ['wrkrsss', undefined],
    ['', undefined],
  ])('suggests %p as %p', (name, meant) => expect(nearestName(name, names)).toBe(meant));

  it('agrees with a full comparison of all letters', () => {
    const word = fc.stringMatching(/^[a-dA-D_]{0,7}$/);
    fc.assert(
      fc.property(word, fc.uniqueArray(word, { maxLength: 5 }), (name, candidates) => {
        const [a, ...others] = [name, ...candidates].map((one) => one.replaceAll('_', '').toLowerCase());
        const near = others.map((b) =>
          distance(a!, b) <= Math.min(2, Math.floor(b.length / 3)) ? distance(a!, b) : Infinity,
        );
        const found = nearestName(name, candidates);
        const best = Math.min(Infinity, ...near);
        if (best === Infinity) expect(found).toBeUndefined();
        else expect(near[candidates.indexOf(found!)]).toBe(best);
      }),
    );
  });
});

/** By its definition. */
function distance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  const isSwap = a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0];
  return Math.min(
    distance(restA, restB) + (a[0] === b[0] ? 0 : 1),
    distance(restA, b) + 1,
    distance(a, restB) + 1,
    isSwap ? distance(a.slice(2), b.slice(2)) + 1 : Infinity,
  );
}
