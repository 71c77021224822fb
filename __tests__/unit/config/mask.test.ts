import { z } from 'zod';
import { loadConfig } from '../../../src/config/load';
import { maskEngine, maskRefused, maskUser } from '../../../src/config/mask';
import { maskPath } from '../../../src/config/secret-text';
import { showKind } from '../../../src/config/show';
import { visibilityOf } from '../../../src/config/visibility';

class Credentials {
  user = 'me';
  pass = 'hush';
}

const PEM = '-----BEGIN RSA PRIVATE KEY-----\nhush\n-----END RSA PRIVATE KEY-----';

const SECRETS: readonly (readonly [what: string, config: object])[] = [
  ['a password', { password: 'hush' }],
  ['a password of digits', { password: 104_104 }],
  ['a deeply nested token', { api: { clients: [{ accessToken: 'hush' }] } }],
  ['a list of secrets', { secrets: ['hush', 'hush'] }],
  ['a password in a URL', { url: 'https://me:hush@host/path' }],
  ['a password with an @ in it', { url: 'postgres://me:hush@hush@host/path' }],
  ['a token as the user name', { repository: 'git+https://hush@host/path' }],
  ['a URL in a list', { urls: ['redis://:hush@host'] }],
  ['a token in a query', { hook: 'https://host/path?a=1&token=hush&b=2' }],
  ['a signature in a query', { blob: 'https://host/path?sig=hush&X-Amz-Signature=hush' }],
  ['a password in a connection string', { db: 'Server=host;Password=hush;Pooling=yes' }],
  ['a quoted password', { db: "host=db password = 'hush hush' port=1" }],
  ['a header', { headers: { Authorization: 'Basic hush', cookie: 'sid=hush' } }],
  ['the value of a header', { header: 'Bearer hush', digest: 'Basic hush' }],
  ['a private key under any name', { tls: { pem: PEM } }],
  ['an instance of a class', { login: new Credentials() }],
  ['bytes', { pem: Buffer.from('hush'), cert: new Uint8Array([104, 117, 115, 104]) }],
  ['a map', { users: new Map([['me', 'hush']]) }],
];

// Only where strings are masked unless they are public.
const SECRETS_OF_NO_NAME: readonly (readonly [what: string, config: object])[] = [
  ['a short name', { pass: 'hush', pw: 'hush' }],
  ['nested names', { auth: { pass: 'hush', user: 'hush' }, smtp: { login: { p: 'hush' } } }],
  ['plural names', { passes: ['hush'], apiKeys: ['hush'], keys: { a: 'hush' } }],
  ['a name that says nothing', { slack: 'hush', nested: [{ x: ['hush'] }] }],
  ['a token in a path', { hook: 'https://host/services/hush' }],
  ['arguments and environment', { args: ['--password', 'hush'], env: { DB: 'hush' } }],
  ['names that are keys', { clients: { 'hush-104-hush-68-75': 3 } }],
];

describe(maskUser, () => {
  it.each([...SECRETS, ...SECRETS_OF_NO_NAME])('hides %s', (_, config) => {
    const text = JSON.stringify(maskUser({ ...config }, false));
    expect(text).not.toMatch(/hush|104|68 75/);
  });

  it.each(SECRETS)('hides %s, also where strings are public', (_, config) => {
    const text = JSON.stringify(maskUser({ ...config }, true));
    expect(text).not.toMatch(/hush|104|68 75/);
  });

  it('shows numbers, flags, times and missing values', () => {
    const config = { port: 9071, on: true, tokenCheck: false, nothing: null, none: '', when: new Date(0) };
    expect(maskUser(config, false)).toEqual(config);
  });

  it.each([
    { port: 9071, host: '127.0.0.1', on: true, nothing: null },
    { url: 'http://host:8080/path?page=2', list: [1, 'two'] },
    { user: { keys: 3, name: 'monkey' }, when: new Date(0) },
  ])('shows %j where strings are public', (config) => {
    expect(maskUser(config, true)).toEqual(config);
  });

  it.each(['a', 'key', '//a:', 'key=', "key='", '@', '-----BEGIN ', 'a1', 'Bearer ', '//'])(
    'masks a megabyte of %j quickly',
    (part) => {
      const begin = process.cpuUsage();
      const text = part.repeat(1_000_000 / part.length);
      maskUser({ text }, true);
      maskRefused('text', text);
      // A look at the rest from each position would take minutes.
      expect(process.cpuUsage(begin).user / 1000).toBeLessThan(20_000);
    },
  );

  it('stops at a cyclic value', () => {
    const config: Record<string, unknown> = { size: 1 };
    config['self'] = config;
    expect(maskUser(config, false)).toEqual({ size: 1, self: '[Circular]' });
  });
});

describe(maskEngine, () => {
  it('shows the engine keys, and the kind of the logger', () => {
    const { engine } = loadConfig({ raw: { log: 'a.log', workerType: 'process' }, env: {} });
    const logger = { log: () => {}, write: () => {}, password: 'hush' };
    const shown = maskEngine({ ...engine, logger: Object.create(logger) as object });
    expect(shown).toMatchObject({ log: 'a.log', workerType: 'process', workerHeartbeatTimeoutMs: 180_000 });
    expect(JSON.stringify(shown)).not.toContain('hush');
  });
});

describe(visibilityOf, () => {
  const open = <T extends z.ZodType>(schema: T): T => schema.meta({ public: true });
  const shownBy = (schema: z.ZodType, user: object): unknown => maskUser({ ...user }, visibilityOf([schema]));

  it.each<[string, z.ZodType, object, object]>([
    ['nothing without a mark', z.object({ a: z.string() }), { a: 'x' }, { a: '***' }],
    ['a key', z.object({ a: open(z.string()), b: z.string() }), { a: 'x', b: 'x' }, { a: 'x', b: '***' }],
    [
      'a key below wrappers',
      z.object({ a: open(z.string()).min(1).default('y').readonly() }),
      { a: 'x' },
      { a: 'x' },
    ],
    ['a wrapper', z.object({ a: open(z.string().optional()) }), { a: 'x' }, { a: 'x' }],
    [
      'everything below an object, except what its name or its own mark forbids',
      z.object({
        db: open(
          z.object({
            host: z.string(),
            password: z.string(),
            note: z.string().meta({ public: false }),
            publicKey: open(z.string()),
          }),
        ),
      }),
      { db: { host: 'x', password: 'x', note: 'x', publicKey: 'x', extra: 'x', token: 'x' } },
      { db: { host: 'x', password: '***', note: '***', publicKey: 'x', extra: 'x', token: '***' } },
    ],
    ['items', z.object({ a: z.array(open(z.string())) }), { a: ['x', 'y'] }, { a: ['x', 'y'] }],
    [
      'values of a record',
      z.object({ a: z.record(z.string(), open(z.string())) }),
      { a: { k: 'x' } },
      { a: { k: 'x' } },
    ],
    [
      'only the words of an enum and of literals',
      z.object({ a: z.enum(['x', 'y']), b: z.literal('x'), c: z.union([z.literal('x'), z.literal('y')]) }),
      { a: 'x', b: 'z', c: 'y' },
      { a: 'x', b: '***', c: 'y' },
    ],
    [
      'a union whose members are all public',
      z.object({ a: z.union([open(z.string()), z.number()]), b: open(z.union([z.string(), z.number()])) }),
      { a: 'x', b: 'x' },
      { a: '***', b: 'x' },
    ],
    [
      'the result of a transformation, when that is marked',
      z.object({
        a: open(z.string().transform((text) => text)),
        b: open(z.string()).transform((text) => text),
      }),
      { a: 'x', b: 'x' },
      { a: 'x', b: '***' },
    ],
    ['engine keys', z.object({ logLevel: z.string() }), { logLevel: 'x' }, { logLevel: 'x' }],
  ])('shows %s', (_, schema, user, shown) => {
    expect(shownBy(schema, user)).toEqual(shown);
  });

  it('terminates in a recursive schema', () => {
    const Tree = z.object({
      name: open(z.string()),
      get children() {
        return z.array(Tree);
      },
    });
    expect(shownBy(Tree, { name: 'x', children: [{ name: 'y', children: [] }] })).toEqual({
      name: 'x',
      children: [{ name: 'y', children: [] }],
    });
  });

  it('uses the schemas of both decorators', () => {
    const one = z.object({ a: open(z.string()), both: open(z.string()) });
    const other = z.object({ b: open(z.string()), both: z.string() });
    expect(maskUser({ a: 'x', b: 'x', both: 'x' }, visibilityOf([one, other]))).toEqual({
      a: 'x',
      b: 'x',
      both: '***',
    });
  });

  it('works with any validator', () => {
    const schema = {
      parse: (value: unknown) => value,
      meta: () => {
        throw new Error('another meta');
      },
    };
    expect(maskUser({ a: 'x' }, visibilityOf([schema]))).toEqual({ a: '***' });
  });
});

describe(maskPath, () => {
  it.each([
    ['/slow/report?token=hush#hush', '/slow/report'],
    ['/reset/0123456789abcdef0123/confirm', '/reset/***/confirm'],
    ['/users/42', '/users/42'],
    ['*', '*'],
  ])('shows %s as %s', (path, shown) => expect(maskPath(path)).toBe(shown));
});

describe(showKind, () => {
  it('shows the kind of a value, not its content', () => {
    expect(showKind(Buffer.from('hush'))).not.toContain('68 75');
    expect(showKind(new Credentials())).toBe('[Credentials]');
  });
});
