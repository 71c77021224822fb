import { ensureToken, isSameToken } from '../../../src/socket-manager/token';

const NAME = 'SERVERENGINE_SOCKETMANAGER_INTERNAL_TOKEN';

describe('ensureToken', () => {
  it('is what the environment says', () => {
    expect(ensureToken({ [NAME]: 'given' })).toBe('given');
  });

  it.each([{}, { [NAME]: '' }])(
    'is made from randomness otherwise, and put there for the children: %p',
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
  it('knows the token', () => expect(isSameToken('secret', 'secret')).toBe(true));

  it.each([['secre'], ['secrets'], ['Secret'], [''], [undefined], [null], [7], [['secret']], [{}]])(
    'knows that %p is another',
    (given) => expect(isSameToken(given, 'secret')).toBe(false),
  );
});
