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
  ])('sorts %j (PARITY: Roles and hooks)', (given, call) => {
    expect(parseSpawnCall(WHO, given)).toEqual(call);
  });

  it('puts the variables of a first argument over those of the server', () => {
    const { command, options } = parseSpawnCall(WHO, [{ NAME: 'x', PATH: undefined }, 'sleep', ['1']]);
    expect(command).toBe('sleep');
    expect(options.env).toEqual({ ...process.env, NAME: 'x', PATH: undefined });
  });

  it('puts them over the env of the options, where there is one', () => {
    const { options } = parseSpawnCall(WHO, [{ A: '1' }, 'sleep', { env: { A: '0', B: '2' } }]);
    expect(options.env).toEqual({ A: '1', B: '2' });
  });

  describe('with the token of socket managers in the environment of the server', () => {
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
      ['nothing else', ['sleep']],
      ['variables', [{ A: '1' }, 'sleep']],
      ['options', ['sleep', { cwd: '/' }]],
      ['the whole environment in the options', ['sleep', { env: { [TOKEN_ENV]: 'secret', A: '1' } }]],
    ])('does not pass it on with %s', (_what, given) => {
      expect(tokenOf(...given)).toBeUndefined();
    });

    it.each([
      ['the request for it', ['sleep', { socketManager: true }]],
      ['the request for it beside an own environment', ['sleep', { socketManager: true, env: { A: '1' } }]],
      ['its name among the variables', [{ [TOKEN_ENV]: 'secret' }, 'sleep']],
    ])('passes it on with %s', (_what, given) => {
      expect(tokenOf(...given)).toBe('secret');
      expect(parseSpawnCall(WHO, given).options).not.toHaveProperty('socketManager');
    });

    it('refuses an invalid request', () => {
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
  ])('refuses %j, with the cure', (given, message) => {
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

  it.each([undefined, 'pipe', [undefined, 'inherit'], [null], ['pipe', 'ignore']])('lets %j be', (stdio) => {
    expect(() => checkStdin(WHO, call(stdio))).not.toThrow();
  });

  it.each(['ignore', 'inherit', ['ignore', 'pipe', 'pipe'], [0]])('refuses %j', (stdio) => {
    expect(() => checkStdin(WHO, call(stdio))).toThrow("the stdin of 'cat' carries the commands");
  });
});

describe('explainSpawnError', () => {
  const explain = (code: string, options: object = {}) =>
    explainSpawnError(WHO, { command: 'x', args: [], options }, failed(code));

  it('says that the program was not found, and where it was looked for', () => {
    const error = explain('ENOENT', { env: { PATH: '/nowhere' } });
    expect(error.message).toBe(
      `${WHO}: the program 'x' was not found. Install it, or give its path; PATH is '/nowhere'.`,
    );
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });

  it('says when it is the working directory that is missing: Node has the same error for it', () => {
    expect(explain('ENOENT', { cwd: '/no/such' }).message).toContain(
      "the working directory '/no/such' of 'x'",
    );
  });

  it('says that a program is not executable', () => {
    expect(explain('EACCES').message).toContain("'x' may not be executed");
  });

  it('leaves every other error as it is', () => {
    expect(explain('EAGAIN')).toEqual(failed('EAGAIN'));
  });
});
