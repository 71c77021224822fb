import { z } from 'zod';
import { loadConfig, type LoadInput } from '../../../src/config/load';

const load = (input: Partial<LoadInput> = {}) => loadConfig({ raw: {}, env: {}, ...input });
const AppConfig = z.object({
  bind: z.string().default('127.0.0.1'),
  port: z.number().default(9071),
  secure: z.boolean().optional(),
  hosts: z.array(z.string()).optional(),
});

describe('user config of loadConfig', () => {
  it('without a schema has every key that is not the engine’s, unchanged', () => {
    const pool = new Map();
    const { user } = load({ raw: { workers: 2, port: 80, pool } });
    expect(user).toEqual({ port: 80, pool });
    expect(user['pool']).toBe(pool);
  });

  it('with a schema is the output of the schema', () => {
    expect(load({ raw: { port: 80, other: 1 }, userSchemas: [AppConfig] }).user).toEqual({
      bind: '127.0.0.1',
      port: 80,
    });
  });

  it('is deeply frozen, except the caller’s own objects and class instances', () => {
    class Pool {
      size = 1;
    }
    const raw = { db: { hosts: ['a'] }, pool: new Pool() };
    const user = load({ raw }).user as unknown as typeof raw;
    expect(Object.isFrozen(user)).toBe(true);
    expect(Object.isFrozen(user.db.hosts)).toBe(true);
    expect(user.pool).toBe(raw.pool);
    expect(Object.isFrozen(user.pool)).toBe(false);
    expect(Object.isFrozen(raw.db)).toBe(false);
  });

  it('survives cycles and a __proto__ key', () => {
    const ring: Record<string, unknown> = { name: 'ring' };
    ring['self'] = ring;
    const user = load({ raw: { ring } }).user as { ring: { self: unknown } };
    expect(user.ring.self).toBe(user.ring);
    const evil: unknown = JSON.parse('{"a": {"__proto__": {"admin": true}}}');
    expect((load({ raw: evil }).user as { a: { admin?: boolean } }).a.admin).toBeUndefined();
  });

  it('keeps the output of a schema that makes a class instance', () => {
    class App {
      constructor(readonly port: number) {}
    }
    const schema = z.object({ port: z.number() }).transform(({ port }) => new App(port));
    expect(load({ raw: { port: 1 }, userSchemas: [schema] }).user).toBeInstanceOf(App);
  });

  it('with a schema that names engine keys has their values, with times in seconds', () => {
    const schema = z.object({
      workers: z.number(),
      workerHeartbeatTimeout: z.number(),
      logLevel: z.string(),
    });
    const { user, warnings } = load({
      raw: { workerHeartbeatTimeout: '3m' },
      env: { SERVERENGINE_WORKERS: '5' },
      userSchemas: [schema],
    });
    expect(user).toEqual({ workers: 5, workerHeartbeatTimeout: 180, logLevel: 'debug' });
    expect(warnings).toEqual([]);
  });

  it('with two strict schemas gives each its own keys, and merges the outputs', () => {
    const server = z.strictObject({ port: z.number() });
    const worker = z.strictObject({ queue: z.string() });
    const input = { raw: { port: 1, queue: 'q' }, userSchemas: [server, worker, server] };
    expect(load(input).user).toEqual({ port: 1, queue: 'q' });
    expect(() => load({ ...input, raw: { port: 1, queue: 'q', typo: 1 } })).toThrow(/typo/);
  });

  it('with a schema without a shape passes it every key of the user', () => {
    const anything = { parse: (value: unknown) => value };
    expect(load({ raw: { a: 1, port: 2, workers: 3 }, userSchemas: [anything, AppConfig] }).user).toEqual({
      a: 1,
      bind: '127.0.0.1',
      port: 2,
    });
  });

  it('reports no misspelt engine key for a key of the schema', () => {
    const schema = z.object({ logs: z.string() });
    expect(load({ raw: { logs: 'x' }, userSchemas: [schema] }).warnings).toEqual([]);
  });

  describe('from the environment', () => {
    it.each([
      ['SERVERENGINE_PORT', '9000', { port: 9000 }],
      ['SERVERENGINE_BIND', '0', { bind: '0' }],
      ['SERVERENGINE_SECURE', 'yes', { secure: true }],
      ['SERVERENGINE_HOSTS', '["a","b"]', { hosts: ['a', 'b'] }],
      ['SERVERENGINE_PORT', '', { port: 80 }],
    ])('%s=%s', (name, text, expected) => {
      const { user, warnings } = load({ raw: { port: 80 }, env: { [name]: text }, userSchemas: [AppConfig] });
      expect(user).toMatchObject(expected);
      expect(warnings).toEqual([]);
    });

    it.each([
      ['optional', AppConfig.optional()],
      ['transformed', AppConfig.transform((config) => config)],
      ['preprocessed', z.preprocess((value) => value, AppConfig)],
      ['intersected', AppConfig.and(z.object({ other: z.string().optional() }))],
      ['read-only', AppConfig.readonly()],
    ])('finds the keys of a schema that is %s', (_, schema) => {
      const { user } = load({ env: { SERVERENGINE_PORT: '9000' }, userSchemas: [schema] });
      expect(user).toMatchObject({ port: 9000 });
    });

    it('names the variable of a value that has no valid reading', () => {
      expect(() => load({ env: { SERVERENGINE_PORT: 'http' }, userSchemas: [AppConfig] })).toThrow(
        'environment variable SERVERENGINE_PORT: port is refused by the schema: Invalid input: expected number, received string, got ' +
          "'http'.",
      );
    });
  });

  describe('errors of the schema', () => {
    it('name the path, the value and zod’s message, next to errors of the engine', () => {
      const schema = z.object({ db: z.object({ hosts: z.array(z.string()) }) });
      expect(() => load({ raw: { workers: 0, db: { hosts: ['a', 7] } }, userSchemas: [schema] })).toThrow(
        "config: workers must be an integer >= 1 or 'auto', got 0.\n" +
          'config: db.hosts[1] is refused by the schema: Invalid input: expected string, received number, got 7.',
      );
    });

    it('never show a secret', () => {
      const schema = z.object({ apiKey: z.number(), db: z.string(), auth: z.object({ token: z.number() }) });
      const raw = { apiKey: 'hush', db: { password: 'hush' }, auth: { token: 'hush' } };
      expect(() => load({ raw, userSchemas: [schema] })).toThrow(/^(?!.*hush).*apiKey/s);
    });

    it('report an invalid engine key once, although the schema names it', () => {
      const schema = z.object({ workers: z.number() });
      expect(() => load({ raw: { workers: 0 }, userSchemas: [schema] })).toThrow(/^config: workers[^\n]*$/);
    });

    it.each([
      [
        'a parse that throws',
        {
          parse: () => {
            throw new Error('no port');
          },
        },
        'config: refused by the schema: no port.',
      ],
      ['an output that is no object', { parse: () => 7 }, 'config: the schema must give an object, got 7.'],
      [
        'no schema at all',
        { port: 1 },
        'config: the decorator option schema must be a zod schema (or have parse or safeParse), got [Object].',
      ],
    ])('report %s', (_, schema, message) => {
      const userSchemas = [schema] as unknown as NonNullable<LoadInput['userSchemas']>;
      expect(() => load({ userSchemas })).toThrow(message);
    });
  });
});
