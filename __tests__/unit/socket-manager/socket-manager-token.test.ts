import { ensureToken, isSameToken } from '../../../src/socket-manager/token';

const NAME = 'SERVERENGINE_SOCKETMANAGER_INTERNAL_TOKEN';

describe('ensureToken', () => {
  it('returns the token of the environment', () => {
    expect(ensureToken({ [NAME]: 'given' })).toBe('given');
  });

  it.each([{}, { [NAME]: '' }])(
    'otherwise makes a random token, and puts it there for the children: %p',
    (env) => {
      const token = ensureToken(env);
      expect(token).toMatch(/^[0-9a-f]{64}$/);
      expect(env).toEqual({ [NAME]: token });
      expect(ensureToken(env)).toBe(token);
      expect(ensureToken({})).not.toBe(token);
    },
  );
});

describe('isSameToken', () => {
  it('accepts the token', () => expect(isSameToken('secret', 'secret')).toBe(true));

  it.each([['secre'], ['secrets'], ['Secret'], [''], [undefined], [null], [7], [['secret']], [{}]])(
    'rejects %p',
    (given) => expect(isSameToken(given, 'secret')).toBe(false),
  );
});
