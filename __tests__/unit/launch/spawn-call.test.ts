import { checkStdin, explainSpawnError, parseSpawnCall } from '../../../src/launch/spawn-call';

const WHO = 'MyWorker.spawn';

function failed(code: string): Error {
  return Object.assign(new Error(`spawn x ${code}`), { code });
}

describe('parseSpawnCall', () => {
  it.each([
    [['sleep'], { command: 'sleep', args: [], options: {} }],
    [['sleep', ['1']], { command: 'sleep', args: ['1'], options: {} }],
    [['sleep', ['1'], { cwd: '/' }], { command: 'sleep', args: ['1'], options: { cwd: '/' } }],
    [['sleep', { cwd: '/' }], { command: 'sleep', args: [], options: { cwd: '/' } }],
    [['sleep', undefined, { cwd: '/' }], { command: 'sleep', args: [], options: { cwd: '/' } }],
  ])('parses %j (PARITY: Roles and hooks)', (given, call) => {
    expect(parseSpawnCall(WHO, given)).toEqual(call);
  });

  it("merges the variables of the first argument into the server's environment", () => {
    const { command, options } = parseSpawnCall(WHO, [{ NAME: 'x', PATH: undefined }, 'sleep', ['1']]);
    expect(command).toBe('sleep');
    expect(options.env).toEqual({ ...process.env, NAME: 'x', PATH: undefined });
  });

  it('merges them into the env of the options, when that is given', () => {
    const { options } = parseSpawnCall(WHO, [{ A: '1' }, 'sleep', { env: { A: '0', B: '2' } }]);
    expect(options.env).toEqual({ A: '1', B: '2' });
  });

  describe("with the token of socket managers in the server's environment", () => {
    const TOKEN_ENV = 'SERVERENGINE_SOCKETMANAGER_INTERNAL_TOKEN';
    const tokenOf = (...given: unknown[]): string | undefined =>
      (parseSpawnCall(WHO, given).options.env ?? process.env)[TOKEN_ENV];

    beforeEach(() => {
      process.env[TOKEN_ENV] = 'secret';
    });
    afterEach(() => {
      Reflect.deleteProperty(process.env, TOKEN_ENV);
    });

    it.each([
      ['no further options', ['sleep']],
      ['variables', [{ A: '1' }, 'sleep']],
      ['options', ['sleep', { cwd: '/' }]],
      ['the whole environment in the options', ['sleep', { env: { [TOKEN_ENV]: 'secret', A: '1' } }]],
    ])('does not pass it on with %s', (_what, given) => {
      expect(tokenOf(...given)).toBeUndefined();
    });

    it.each([
      ['the request for it', ['sleep', { socketManager: true }]],
      ['the request for it and an own environment', ['sleep', { socketManager: true, env: { A: '1' } }]],
      ['its name among the variables', [{ [TOKEN_ENV]: 'secret' }, 'sleep']],
    ])('passes it on with %s', (_what, given) => {
      expect(tokenOf(...given)).toBe('secret');
      expect(parseSpawnCall(WHO, given).options).not.toHaveProperty('socketManager');
    });

    it('rejects an invalid request', () => {
      expect(() => tokenOf('sleep', { socketManager: 1 })).toThrow(
        "takes true or false as socketManager of 'sleep', got 1",
      );
    });
  });

  it.each([
    [[], 'needs the name of a program, got undefined'],
    [[''], "needs the name of a program, got ''"],
    [[{ A: '1' }], 'needs the name of a program, got undefined'],
    [['sleep', '1'], "takes a list of arguments and then options for 'sleep', got '1'"],
    [['sleep', [1]], "needs a list of strings as arguments of 'sleep', got [ 1 ]"],
    [['sleep', ['1'], 'cwd'], "takes a list of arguments and then options for 'sleep', got 'cwd'"],
  ])('rejects %j, with the cure', (given, message) => {
    expect(() => parseSpawnCall(WHO, given)).toThrow(
      expect.objectContaining({
        code: 'ERR_SPAWN',
        message: `${WHO}: processManager.spawn ${message}. Write: processManager.spawn('python3', ['worker.py']).`,
      }) as Error,
    );
  });
});

describe('checkStdin', () => {
  const call = (stdio: unknown) => parseSpawnCall(WHO, ['cat', [], { stdio }]);

  it.each([undefined, 'pipe', [undefined, 'inherit'], [null], ['pipe', 'ignore']])('accepts %j', (stdio) => {
    expect(() => checkStdin(WHO, call(stdio))).not.toThrow();
  });

  it.each(['ignore', 'inherit', ['ignore', 'pipe', 'pipe'], [0]])('rejects %j', (stdio) => {
    expect(() => checkStdin(WHO, call(stdio))).toThrow("the stdin of 'cat' carries the commands");
  });
});

describe('explainSpawnError', () => {
  const explain = (code: string, options: object = {}) =>
    explainSpawnError(WHO, { command: 'x', args: [], options }, failed(code));

  it('names the program that was not found, and where it was searched', () => {
    const error = explain('ENOENT', { env: { PATH: '/nowhere' } });
    expect(error.message).toBe(
      `${WHO}: the program 'x' was not found. Install it, or give its path; PATH is '/nowhere'.`,
    );
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });

  it('names a missing working directory, for which Node has the same error', () => {
    expect(explain('ENOENT', { cwd: '/no/such' }).message).toContain(
      "the working directory '/no/such' of 'x'",
    );
  });

  it('names a program that is not executable', () => {
    expect(explain('EACCES').message).toContain("'x' may not be executed");
  });

  it('keeps every other error', () => {
    expect(explain('EAGAIN')).toEqual(failed('EAGAIN'));
  });
});
