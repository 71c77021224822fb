import { inspectArgsForChild, inspectEnvForChild } from '../../../src/common/inspect-options';

describe('the debugger options for a child process', () => {
  it.each([
    [['--inspect'], ['--inspect=127.0.0.1:0']],
    [['--inspect=9230'], ['--inspect=127.0.0.1:0']],
    [['--inspect=0.0.0.0:9229'], ['--inspect=0.0.0.0:0']],
    [['--inspect=0.0.0.0'], ['--inspect=0.0.0.0:0']],
    [['--inspect=[::1]:9229'], ['--inspect=[::1]:0']],
    [['--inspect-brk=9230'], ['--inspect=127.0.0.1:0']],
    [['--inspect-wait'], ['--inspect=127.0.0.1:0']],
    [
      ['--inspect', '--inspect-port=9230'],
      ['--inspect=127.0.0.1:0', '--inspect-port=127.0.0.1:0'],
    ],
    [
      ['--debug-port', '9230', '--inspect'],
      ['--inspect-port=127.0.0.1:0', '--inspect=127.0.0.1:0'],
    ],
    [['--inspect-publish-uid=http'], ['--inspect-publish-uid=http']],
    [
      ['--import', 'tsx', '--no-warnings'],
      ['--import', 'tsx', '--no-warnings'],
    ],
  ])('have their own port and do not wait for a client: %j', (args, expected) => {
    expect(inspectArgsForChild(args)).toEqual(expected);
    const env = inspectEnvForChild({ PATH: '/bin', NODE_OPTIONS: args.join(' ') });
    expect(env).toEqual({ PATH: '/bin', NODE_OPTIONS: expected.join(' ') });
  });

  it('leave an environment unchanged that requests no debugger', () => {
    const env = { NODE_OPTIONS: '--require "./a  b.js"' };
    expect(inspectEnvForChild(env)).toBe(env);
    expect(inspectEnvForChild({})).toEqual({});
  });
});
