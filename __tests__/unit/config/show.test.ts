import { maskSecrets, showKind } from '../../../src/config/show';

class Credentials {
  user = 'me';
  pass = 'hush';
}

const PEM = '-----BEGIN RSA PRIVATE KEY-----\nhush\n-----END RSA PRIVATE KEY-----';

describe(maskSecrets, () => {
  it.each([
    ['a password', { password: 'hush' }],
    ['a token deep inside', { api: { clients: [{ accessToken: 'hush' }] } }],
    ['a list of secrets', { secrets: ['hush', 'hush'] }],
    ['a password in a URL', { url: 'https://me:hush@host/path' }],
    ['a password with an @ in it', { url: 'postgres://me:hush@hush@host/path' }],
    ['a URL in a list', { urls: ['redis://:hush@host'] }],
    ['a token in a query', { hook: 'https://host/path?a=1&token=hush&b=2' }],
    ['a password in a connection string', { db: 'Server=host;Password=hush;Pooling=yes' }],
    ['a quoted password', { db: "host=db password = 'hush hush' port=1" }],
    ['a header', { headers: { Authorization: 'Basic hush', cookie: 'sid=hush' } }],
    ['a private key under any name', { tls: { pem: PEM } }],
    ['an instance of a class', { login: new Credentials() }],
    ['bytes', { pem: Buffer.from('hush'), cert: new Uint8Array([104, 117, 115, 104]) }],
    ['a map', { users: new Map([['me', 'hush']]) }],
  ])('hides %s', (_, config) => {
    const text = JSON.stringify(maskSecrets('config', config));
    expect(text).not.toMatch(/hush|104|68 75/);
  });

  it.each([
    { port: 9071, host: '127.0.0.1', on: true, nothing: null },
    { url: 'http://host:8080/path?page=2', list: [1, 'two'] },
    { user: { keys: 3, name: 'monkey' }, when: new Date(0) },
  ])('shows %j', (config) => {
    expect(maskSecrets('config', config)).toEqual(config);
  });

  it.each(['a', 'key', '//a:', 'key=', "key='", '@', '-----BEGIN '])(
    'takes no time for a megabyte of %j',
    (part) => {
      const begin = performance.now();
      maskSecrets('text', part.repeat(1_000_000 / part.length));
      expect(performance.now() - begin).toBeLessThan(2000);
    },
  );

  it('ends where a value holds itself', () => {
    const config: Record<string, unknown> = { name: 'a' };
    config['self'] = config;
    expect(maskSecrets('config', config)).toEqual({ name: 'a', self: '[Circular]' });
  });
});

describe(showKind, () => {
  it('says what sort of value it is, not what is in it', () => {
    expect(showKind(Buffer.from('hush'))).not.toContain('68 75');
    expect(showKind(new Credentials())).toBe('[Credentials]');
  });
});
